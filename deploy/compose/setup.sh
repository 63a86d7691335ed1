#!/bin/sh
# Makes the secrets that compose.yaml mounts, once; what is there stays. The folder
# keeps others of this machine out; the files in it are read by users of containers.
set -eu
cd "$(dirname "$0")"
umask 022
mkdir -p secrets
chmod 0700 secrets
random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
keep() { # a new file of a secret, with what is told to stdin
	[ -s "secrets/$1" ] || cat >"secrets/$1"
}
random 24 | keep database-password
echo "*:*:*:idpsync:$(cat secrets/database-password)" | keep pgpass
random 24 | keep page-token
random 24 | keep hook-secret
random 24 | keep corp-client
keep serve.env <<END
IDPSYNC_LEDGER_KEY=$(random 32)
CUSTOMER_A_SECRET=$(random 16)
CUSTOMER_B_SECRET=$(random 16)
END
# What opens the sandboxes, as they keep it.
# shellcheck source=/dev/null
. ./secrets/serve.env
printf '{"userPoolId":"c0ffee00000000000000000a","accessKeySecret":"%s","signingKey":"%s"}' "$CUSTOMER_A_SECRET" "$(random 32)" | keep customer-a.json
printf '{"userPoolId":"c0ffee00000000000000000b","accessKeySecret":"%s","signingKey":"%s"}' "$CUSTOMER_B_SECRET" "$(random 32)" | keep customer-b.json
echo "the page asks for: $(cat secrets/page-token)"
