#!/usr/bin/env bash
# Installs the peers that come from the Go module proxy, at pinned versions, into $PEERS/bin (default: tranship-peers in the temporary folder).
# Safe to run again: what is there stays. About three minutes on a fresh machine. The tests skip, with a printed reason, what is missing.
set -uo pipefail
PEERS=${PEERS:-${TMPDIR:-/tmp}/tranship-peers}
export GOBIN=$PEERS/bin
# Where Go's own archive is unpacked to, which not every PATH has.
PATH=$PATH:/usr/local/go/bin
if ! command -v go >/dev/null; then
  echo "peers: no Go here, so none of crane, regctl, regsync, oras, registry (distribution 3.1) and conformance can be installed"
  exit 0
fi
mkdir -p "$GOBIN"
# name, then module@version
while read -r name module; do
  [ -x "$GOBIN/$name" ] && continue
  if ! log=$(cd "$PEERS" && go install "$module" 2>&1 </dev/null); then
    echo "peers: cannot install $name ($module): $(tail -n 1 <<<"$log")"
  fi
done <<'LIST'
crane github.com/google/go-containerregistry/cmd/crane@v0.22.1
regctl github.com/regclient/regclient/cmd/regctl@v0.11.7
regsync github.com/regclient/regclient/cmd/regsync@v0.11.7
oras oras.land/oras/cmd/oras@v1.3.6
registry github.com/distribution/distribution/v3/cmd/registry@v3.1.2
conformance github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111
LIST
echo "peers: $(ls "$GOBIN" 2>/dev/null | tr '\n' ' ')in $GOBIN"
