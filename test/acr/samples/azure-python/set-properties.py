from io import BytesIO

from azure.containerregistry import ArtifactTagOrder
from connect import HELLO, compact, connect, permissions, refused, show

with connect() as client:
    image = permissions(client.update_manifest_properties(HELLO, "v1", can_write=False, can_delete=False))
    other = client.get_manifest(HELLO, "v2")
    body = BytesIO(compact(other.manifest))
    overwrite = refused(client.set_manifest, HELLO, body, tag="v1", media_type=other.media_type)
    delete_image = refused(client.delete_manifest, HELLO, "v1")

    tag = permissions(client.update_tag_properties(HELLO, "v2", can_delete=False))
    delete_tag = refused(client.delete_tag, HELLO, "v2")
    client.update_tag_properties(HELLO, "v2", can_delete=True)

    repository = permissions(client.update_repository_properties(HELLO, can_write=False))
    upload = refused(client.upload_blob, HELLO, BytesIO(b"a layer"))
    client.update_repository_properties(HELLO, can_write=True)

    unlocked = permissions(client.update_manifest_properties(HELLO, "v1", can_write=True, can_delete=True))
    client.delete_manifest(HELLO, "v1")
    missing = refused(client.get_manifest_properties, HELLO, "v1")
    left = [found.name for found in client.list_tag_properties(HELLO, order_by=ArtifactTagOrder.LAST_UPDATED_ON_ASCENDING)]

    show(
        {
            "image": image,
            "overwrite": overwrite,
            "deleteImage": delete_image,
            "tag": tag,
            "deleteTag": delete_tag,
            "repository": repository,
            "upload": upload,
            "unlocked": unlocked,
            "missing": missing,
            "left": sorted(left),
        }
    )
