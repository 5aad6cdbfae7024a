"""How everything of ours speaks to Temporal: one converter and one way to connect, shared by worker, api, tests and replayer."""

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig

DATA_CONVERTER = pydantic_data_converter


async def connect(*, lazy: bool = False) -> Client:
    """A client for the server that `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, TLS and API key in the environment name.

    `lazy` connects with the first call, so that the API can start while Temporal is down.
    """
    return await Client.connect(**ClientConfig.load_client_connect_config(), data_converter=DATA_CONVERTER, lazy=lazy)
