from io import BytesIO

from connect import HELLO, connect, refused, show

with connect() as client:
    manifest = client.get_manifest(HELLO, "latest").manifest
    spare, _ = client.upload_blob(HELLO, BytesIO(b"a blob to be deleted"))
    keep, _ = client.upload_blob(HELLO, BytesIO(b"a blob to be kept"))

    deleted = [manifest["config"]["digest"], *(layer["digest"] for layer in manifest["layers"]), spare]
    downloads = []
    for digest in deleted:
        client.delete_blob(HELLO, digest)
        # What is gone already is no error.
        client.delete_blob(HELLO, digest)
        downloads.append(refused(client.download_blob, HELLO, digest))
    kept = b"".join(client.download_blob(HELLO, keep)).decode()
    show({"deleted": deleted, "downloads": downloads, "kept": kept})
