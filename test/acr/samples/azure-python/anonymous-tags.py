from connect import HELLO, connect_anonymously, refused, show

with connect_anonymously() as client:
    properties = client.get_manifest_properties(HELLO, "latest")
    show(
        {
            "repository": properties.repository_name,
            "tags": properties.tags,
            "digest": properties.digest,
            "sizeInBytes": properties.size_in_bytes,
            "architecture": properties.architecture,
            "operatingSystem": properties.operating_system,
            "mediaType": client.get_manifest(HELLO, "latest").media_type,
            "refused": refused(client.delete_tag, HELLO, "latest"),
        }
    )
