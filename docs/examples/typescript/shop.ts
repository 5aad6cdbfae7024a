/**
 * Perdura as a product's server uses it, in TypeScript without dependencies: what a customer may use, what they used, the page with the
 * banner, and the webhook. `PERDURA_SHOP_PORT=8500 node shop.ts`: node 22.18 or later strips the types by itself.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const URL_ = process.env.PERDURA_URL ?? "http://127.0.0.1:8400";
const KEY = process.env.PERDURA_API_KEY ?? ""; // scopes read and write; it never leaves the server
const SECRET = process.env.PERDURA_WEBHOOK_SECRET ?? ""; // printed by `perdura webhooks add`

export type Meter = { meter: string; used: number; most: number | null };
export type Entitlements = { access: string; banner: string; link: string; meters: Meter[] };
export type Answer = { status: number; body: any };

const OPEN: Entitlements = { access: "full", banner: "", link: "", meters: [] };
const last = new Map<string, Entitlements>();
const documents = new Map<string, string[]>(); // by customer
const workedOff = new Set<string>(); // ids of events; a product keeps them in its database

async function ask(method: string, path: string, body?: object): Promise<Answer> {
  const headers = { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json" };
  const answer = await fetch(URL_ + path, { method, headers, body: body && JSON.stringify(body) });
  return { status: answer.status, body: await answer.json() };
}

/** What a customer may use now. While Perdura cannot be reached: the last answer, and without one everything. */
export async function entitlements(customer: string): Promise<Entitlements> {
  try {
    const { status, body } = await ask("GET", `/v1/entitlements/${customer}`);
    if (status === 200) last.set(customer, body);
  } catch {
    // the last answer stands
  }
  return last.get(customer) ?? OPEN;
}

/** Count a use, once by its key however often it is told. False: the plan does not allow it, and it was not counted. */
export async function use(customer: string, meter: string, key: string): Promise<boolean> {
  const { status, body } = await ask("POST", "/v1/usage", { key, meter, customer_reference: customer });
  if (status !== 200 && status !== 409) throw new Error(body.detail);
  return status === 200;
}

/** Whether Perdura sent this, just now (Standard Webhooks). `headers` by lower-case name, `body` as it came. */
export function verified(headers: Record<string, any>, body: Buffer, secret: string = SECRET): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const sentAt = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - Number(sentAt)) <= 300)) return false;
  const told = Buffer.concat([Buffer.from(`${headers["webhook-id"]}.${sentAt}.`), body]);
  const expected = createHmac("sha256", key).update(told).digest();
  return String(headers["webhook-signature"])
    .split(" ")
    .filter((each) => each.startsWith("v1,"))
    .map((each) => Buffer.from(each.slice(3), "base64"))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected));
}

/** Count first, then do: what the plan does not allow is not done. */
export async function create(customer: string): Promise<string> {
  const { access } = await entitlements(customer);
  if (access !== "full" && access !== "grace") return "Tu servicio no permite crear facturas ahora.";
  const name = `F-${crypto.randomUUID().slice(0, 8)}`;
  if (!(await use(customer, "documents", `document-${name}`))) return "Llegaste al límite de tu plan.";
  documents.set(customer, [...(documents.get(customer) ?? []), name]);
  return `Factura ${name} creada.`;
}

/** Take an event: verified, worked off once, answered with 2xx. What takes long belongs behind the answer. */
export async function hear(headers: Record<string, any>, body: Buffer, secret: string = SECRET): Promise<number> {
  if (!verified(headers, body, secret)) return 401;
  const event = JSON.parse(body.toString());
  if (workedOff.has(event.id)) return 204;
  if (event.type === "customer.data_deletion_requested") {
    const gone = documents.get(event.customer_reference) ?? [];
    documents.delete(event.customer_reference);
    const told = { deleted: [`${gone.length} invoices`], reference: event.id };
    await ask("POST", `/v1/deletions/${event.data.deletion}/confirm`, told);
  }
  workedOff.add(event.id);
  return 204;
}

const escaped = (text: string) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Look and use are decided here, on the server; the snippet shows the same in the browser while the page is open. */
export async function page(customer: string, said: string = ""): Promise<string> {
  const now = await entitlements(customer);
  const link = now.link && ` <a href="${escaped(now.link)}">Pagar</a>`;
  const banner = now.banner && `<p role="status">${escaped(now.banner)}${link}</p>`;
  if (now.access === "blocked") return `<!doctype html><title>Facturas</title>${banner}`;
  const used = now.meters.map((each) => `<li>${escaped(each.meter)}: ${each.used} de ${each.most ?? "∞"}</li>`).join("");
  const mine = (documents.get(customer) ?? []).map((each) => `<li>${escaped(each)}</li>`).join("");
  const writes = now.access === "read_only" ? "" : '<form method="post"><button>Nueva factura</button></form>';
  const { body } = await ask("POST", `/v1/entitlements/${customer}/token`).catch(() => ({ body: {} }));
  const snippet = body.token
    ? `<script src="${body.script}" integrity="${body.integrity}" crossorigin="anonymous" data-token="${body.token}" defer></script>`
    : "";
  return `<!doctype html><title>Facturas</title>${banner}<p>${escaped(said)}</p><ul>${used}</ul>${writes}<ul>${mine}</ul>${snippet}`;
}

if (process.env.PERDURA_SHOP_PORT) {
  createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const customer = searchParams.get("customer") ?? "user-1042";
    if (pathname === "/perdura") {
      response.writeHead(await hear(request.headers, Buffer.concat(parts))).end();
      return;
    }
    const said = request.method === "POST" ? await create(customer) : "";
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(await page(customer, said));
  }).listen(Number(process.env.PERDURA_SHOP_PORT), "127.0.0.1");
}
