from connect import HELLO, connect, permissions, refused, show

with connect() as client:
    repositories = list(client.list_repository_names())
    found = client.get_repository_properties(HELLO)
    properties = {
        "name": found.name,
        "manifestCount": found.manifest_count,
        "tagCount": found.tag_count,
        **permissions(found),
    }
    refused_while_locked = refused(client.delete_repository, HELLO)

    tags = []
    for tag in client.list_tag_properties(HELLO):
        tags.append({"name": tag.name, "digest": tag.digest, **permissions(tag)})
        client.update_manifest_properties(HELLO, tag.name, can_write=True, can_delete=True)
    client.delete_repository(HELLO)

    show(
        {
            "repositories": repositories,
            "tags": tags,
            "properties": properties,
            "refusedWhileLocked": refused_while_locked,
            "after": list(client.list_repository_names()),
            "missing": refused(client.get_repository_properties, HELLO),
        }
    )
