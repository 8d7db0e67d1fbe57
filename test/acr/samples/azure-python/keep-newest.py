from azure.containerregistry import ArtifactManifestOrder
from connect import connect, show

KEEP = 3
NEWEST_FIRST = ArtifactManifestOrder.LAST_UPDATED_ON_DESCENDING

with connect() as client:
    result = {}
    for repository in client.list_repository_names():
        deleted = []
        for count, manifest in enumerate(client.list_manifest_properties(repository, order_by=NEWEST_FIRST), start=1):
            if count > KEEP:
                client.update_manifest_properties(repository, manifest.digest, can_write=True, can_delete=True)
                client.delete_manifest(repository, manifest.digest)
                deleted.append(manifest.digest)
        kept = [
            {"digest": manifest.digest, "tags": manifest.tags or []}
            for manifest in client.list_manifest_properties(repository, order_by=NEWEST_FIRST)
        ]
        result[repository] = {"deleted": deleted, "kept": kept}
    show(result)
