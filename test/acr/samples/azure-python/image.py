import hashlib
from io import BytesIO

from connect import HELLO, compact, connect, refused, show

REPOSITORY = "sample-oci-image"
LIST_TYPE = "application/vnd.docker.distribution.manifest.list.v2+json"
SIZE = 9 * 1024 * 1024 + 5
PATTERN = b"0123456789 tranship\n"
LAYER = (PATTERN * (SIZE // len(PATTERN) + 1))[:SIZE]
CONFIG = b'{"architecture":"arm64","os":"linux"}'


def digest_of_download(client, digest):
    hasher = hashlib.sha256()
    with client.download_blob(REPOSITORY, digest) as stream:
        for chunk in stream:
            hasher.update(chunk)
    return "sha256:" + hasher.hexdigest()


with connect() as client:
    layer_digest, layer_size = client.upload_blob(REPOSITORY, BytesIO(LAYER))
    config_digest, config_size = client.upload_blob(REPOSITORY, BytesIO(CONFIG))
    manifest = {
        "schemaVersion": 2,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": config_digest,
            "size": config_size,
        },
        "layers": [
            {
                "mediaType": "application/vnd.oci.image.layer.v1.tar",
                "digest": layer_digest,
                "size": layer_size,
            }
        ],
    }
    digest = client.set_manifest(REPOSITORY, BytesIO(compact(manifest)))
    received = client.get_manifest(REPOSITORY, digest)
    properties = client.get_manifest_properties(REPOSITORY, digest)

    blobs = [config_digest, layer_digest]
    downloaded = [digest_of_download(client, blob) for blob in blobs]
    for blob in blobs:
        client.delete_blob(REPOSITORY, blob)
    client.delete_manifest(REPOSITORY, digest)
    missing = [
        refused(client.download_blob, REPOSITORY, config_digest),
        refused(client.download_blob, REPOSITORY, layer_digest),
        refused(client.get_manifest, REPOSITORY, digest),
    ]

    v1 = client.get_manifest(HELLO, "v1")
    manifest_list = {
        "schemaVersion": 2,
        "mediaType": LIST_TYPE,
        "manifests": [
            {
                "mediaType": v1.media_type,
                "digest": v1.digest,
                "size": len(compact(v1.manifest)),
                "platform": {"architecture": "amd64", "os": "linux"},
            }
        ],
    }
    client.set_manifest(HELLO, BytesIO(compact(manifest_list)), tag="sample", media_type=LIST_TYPE)
    sample = client.get_manifest(HELLO, "sample")

    show(
        {
            "layer": {"digest": layer_digest, "size": layer_size},
            "config": {"digest": config_digest, "size": config_size},
            "manifest": {"digest": received.digest, "mediaType": received.media_type},
            "properties": {
                "architecture": properties.architecture,
                "operatingSystem": properties.operating_system,
                "sizeInBytes": properties.size_in_bytes,
                "tags": properties.tags or [],
            },
            "downloaded": downloaded,
            "missing": missing,
            "list": {
                "digest": sample.digest,
                "mediaType": sample.media_type,
                "entries": [entry["digest"] for entry in sample.manifest["manifests"]],
            },
        }
    )
