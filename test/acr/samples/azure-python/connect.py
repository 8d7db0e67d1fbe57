"""What the samples share: clients of the environment's registry, and how a result is printed."""

import json
import os

from azure.containerregistry import ContainerRegistryClient
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential

HELLO = "library/hello-world"


def connect():
    """The service principal of the environment."""
    credential = DefaultAzureCredential(disable_instance_discovery=True)
    return ContainerRegistryClient(os.environ["CONTAINERREGISTRY_ENDPOINT"], credential)


def connect_anonymously():
    return ContainerRegistryClient(os.environ["CONTAINERREGISTRY_ANONREGISTRY_ENDPOINT"])


def permissions(properties):
    return {
        "canDelete": properties.can_delete,
        "canWrite": properties.can_write,
        "canList": properties.can_list,
        "canRead": properties.can_read,
    }


def refused(call, *arguments, **options):
    """The HTTP status with which a call fails."""
    try:
        call(*arguments, **options)
    except HttpResponseError as error:
        return error.status_code
    return 0


def compact(document):
    """JSON without spaces, as JavaScript writes it, so that every client makes the same digest."""
    return json.dumps(document, separators=(",", ":")).encode()


def show(result):
    print(json.dumps(result))
