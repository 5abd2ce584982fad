#!/bin/sh
# Lets nginx read the configuration in each of its forms: plain and with TLS, with and without
# Grafana and trusted proxies. Without nginx it says loudly that nothing was checked; with CI set
# that is a failure.
set -eu

here=$(dirname "$0")
nginx=$(command -v nginx || command -v /usr/sbin/nginx) || {
    echo "!!! NOT CHECKED: the gateway's configuration (no nginx here: install the package nginx)" >&2
    [ -z "${CI:-}" ]
    exit
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/certificates"

# check NAME SETTING=VALUE…
check() {
    name=$1
    shift
    env GATEWAY_RUN_DIR="$folder" GATEWAY_SITE_DIR="$folder" GATEWAY_NGINX="$nginx" \
        GATEWAY_ACCESS_LOG="$folder/access.log" GATEWAY_LISTEN=127.0.0.1:18080 \
        GATEWAY_TLS_LISTEN=127.0.0.1:18443 GATEWAY_ADMIN_LISTEN=127.0.0.1:18081 "$@" \
        sh "$here/gateway.sh" print >"$folder/nginx.conf"
    # What nginx warns of is as wrong as what it refuses, but for the user, who is another here.
    said=$("$nginx" -t -c "$folder/nginx.conf" -e stderr 2>&1) || {
        echo "the gateway's configuration, $name: $said" >&2
        exit 1
    }
    if echo "$said" | grep -F '[warn]' | grep -vF 'the "user" directive' >&2; then
        echo "the gateway's configuration, $name: nginx warns" >&2
        exit 1
    fi
}

openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -out \
    "$folder/certificates/fullchain.pem" -keyout "$folder/certificates/privkey.pem" 2>/dev/null
check "as it comes"
check "with all" BANTIN_PUBLIC_URL=https://localhost GATEWAY_GRAFANA=127.0.0.1:3000 \
    GATEWAY_CERTIFICATES="$folder/certificates" GATEWAY_TRUSTED_PROXIES="10.0.0.0/8, fd00::/8"
check "with little" GATEWAY_ACCESS_LOG=off GATEWAY_UNLIMITED=
echo "The gateway's configuration is accepted by $("$nginx" -v 2>&1 | sed 's/^.*: //')."
