#!/bin/sh
# Writes nginx's configuration from the environment, and runs nginx with it.
#
#   gateway.sh print   writes the configuration to standard output
#   gateway.sh run     starts nginx in the foreground, and a loop beside it that looks every few
#                      seconds whether the configuration would come out otherwise now: a container
#                      has another address, there are more copies of it, a certificate is new.
#                      Then nginx is told to reload, if it accepts what has come out.
#
# It needs sh, awk, getent and cksum, as every image with nginx has them; and openssl for the
# metric of the certificate's end.
#
#   BANTIN_PUBLIC_URL        the site as readers type it; where plain HTTP is sent to with TLS
#   GATEWAY_SITE_DIR         the site's folder, which render writes           (/srv/site)
#   GATEWAY_RUN_DIR          a folder that it may write to                    (/run/gateway)
#   GATEWAY_TEMP_DIR         likewise, for what clients are slow to send or take (GATEWAY_RUN_DIR)
#   GATEWAY_LISTEN           address:port or port of plain HTTP; a port alone is that of IPv6 too
#                            where the machine has it                         (8080)
#   GATEWAY_TLS_LISTEN       address:port or port of HTTPS                    (8443)
#   GATEWAY_ADMIN_LISTEN     health, metrics, status; never published         (8081)
#   GATEWAY_CERTIFICATES     a folder with fullchain.pem and privkey.pem: then there is TLS, and
#                            plain HTTP only leads there. With one of them, or a link that leads
#                            nowhere, it does not start                       (none)
#   GATEWAY_INGEST_API, GATEWAY_SEARCH_WEB, GATEWAY_VISITS_COLLECTOR, GATEWAY_RENDER_WEB
#                            host:port of each; a name with several addresses is several copies
#                            (ingest-api:8011, search-web:8002, visits-collector:8004,
#                            render-web:8003)
#   GATEWAY_GRAFANA          host:port of Grafana; without it /grafana/ is 404     (none)
#   GATEWAY_TRUSTED_PROXIES  addresses and networks, by commas or spaces, whose X-Forwarded-For is
#                            believed                                         (none)
#   GATEWAY_UNLIMITED        addresses and networks without limits            (loopback)
#   GATEWAY_VIEW_RATE, GATEWAY_SEARCH_RATE, GATEWAY_API_RATE, GATEWAY_PAGE_RATE, GATEWAY_MEDIA_RATE
#                            requests a second of one address (IPv6: /64) to /api/visits, to the
#                            search, to /v1, for what is no file of the site, and for pictures; ten
#                            seconds' worth may come at once             (20, 10, 50, 20, 100)
#   GATEWAY_CONNECTIONS      requests of one address that may be open at once (200)
#   GATEWAY_PAGE_MAX_AGE     seconds that a page may be kept before it is asked for again   (10)
#   GATEWAY_HSTS_MAX_AGE     seconds for which browsers shall insist on HTTPS (31536000)
#   GATEWAY_CLIENT_TIMEOUT   seconds that a client may take for its headers, or pause in its body
#                                                                             (15)
#   GATEWAY_ACCESS_LOG       a file, or off                                   (/dev/stdout)
#   GATEWAY_WORKERS          nginx's worker processes                         (auto)
#   GATEWAY_WATCH_SECONDS    between two looks                                (3)
#   GATEWAY_NGINX            the program                                      (nginx)
set -eu
# An entry of the environment must not change what awk, cksum or nginx write.
LC_ALL=C
export LC_ALL

here=$(dirname "$0")

fail() {
    echo "gateway: $1" >&2
    exit 1
}

defaults() {
    : "${BANTIN_PUBLIC_URL:=http://127.0.0.1:8080}"
    : "${GATEWAY_SITE_DIR:=/srv/site}" "${GATEWAY_RUN_DIR:=/run/gateway}"
    : "${GATEWAY_TEMP_DIR:=$GATEWAY_RUN_DIR}"
    : "${GATEWAY_LISTEN:=8080}" "${GATEWAY_TLS_LISTEN:=8443}" "${GATEWAY_ADMIN_LISTEN:=8081}"
    : "${GATEWAY_CERTIFICATES:=}" "${GATEWAY_GRAFANA:=}" "${GATEWAY_TRUSTED_PROXIES:=}"
    : "${GATEWAY_INGEST_API:=ingest-api:8011}" "${GATEWAY_SEARCH_WEB:=search-web:8002}"
    : "${GATEWAY_VISITS_COLLECTOR:=visits-collector:8004}" "${GATEWAY_RENDER_WEB:=render-web:8003}"
    # Set but empty: nobody is exempt.
    GATEWAY_UNLIMITED=${GATEWAY_UNLIMITED-127.0.0.0/8,::1}
    : "${GATEWAY_VIEW_RATE:=20}" "${GATEWAY_SEARCH_RATE:=10}" "${GATEWAY_API_RATE:=50}"
    : "${GATEWAY_PAGE_RATE:=20}" "${GATEWAY_MEDIA_RATE:=100}"
    : "${GATEWAY_CONNECTIONS:=200}" "${GATEWAY_PAGE_MAX_AGE:=10}"
    : "${GATEWAY_HSTS_MAX_AGE:=31536000}" "${GATEWAY_CLIENT_TIMEOUT:=15}"
    : "${GATEWAY_ACCESS_LOG:=/dev/stdout}" "${GATEWAY_WORKERS:=auto}"
    : "${GATEWAY_WATCH_SECONDS:=3}" "${GATEWAY_NGINX:=nginx}"
    BANTIN_PUBLIC_URL=${BANTIN_PUBLIC_URL%/}
}

# What goes into the configuration as it stands must not be able to say more than it should.
check() {
    for name in VIEW_RATE SEARCH_RATE API_RATE PAGE_RATE MEDIA_RATE CONNECTIONS PAGE_MAX_AGE HSTS_MAX_AGE \
        CLIENT_TIMEOUT WATCH_SECONDS; do
        eval "value=\$GATEWAY_$name"
        case $value in
        *[!0-9]*) fail "GATEWAY_$name must be a whole number" ;;
        esac
        case $name in
        *_RATE | CONNECTIONS | *TIMEOUT | WATCH*) [ "$value" -gt 0 ] || fail "GATEWAY_$name must be more than 0" ;;
        esac
    done
    for name in SITE_DIR RUN_DIR TEMP_DIR LISTEN TLS_LISTEN ADMIN_LISTEN CERTIFICATES INGEST_API SEARCH_WEB \
        VISITS_COLLECTOR RENDER_WEB GRAFANA ACCESS_LOG WORKERS; do
        eval "value=\$GATEWAY_$name"
        case $value in
        *[!][A-Za-z0-9._:/@-]*) fail "GATEWAY_$name has a character that it cannot have" ;;
        esac
    done
    case $BANTIN_PUBLIC_URL in
    http://* | https://*) ;;
    *) fail "BANTIN_PUBLIC_URL must start with http:// or https://" ;;
    esac
    case $BANTIN_PUBLIC_URL in
    *[!][A-Za-z0-9._:/~%-]*) fail "BANTIN_PUBLIC_URL has a character that it cannot have" ;;
    esac
}

# networks NAME WORD END: a line for each network of the list that the setting has.
networks() {
    eval "list=\$$1"
    for one in $(echo "$list" | tr ',' ' '); do
        case $one in
        *[!0-9A-Fa-f.:/]*) fail "$1: «$one» is no address and no network" ;;
        esac
        echo "$2$one$3;"
    done
}

# servers HOST:PORT: a server for each address that the name has. What has no address now keeps
# those that it had: a name may be gone for a moment, and nginx must start without it.
servers() {
    host=${1%:*} port=${1##*:}
    case $port in
    '' | *[!0-9]*) fail "«$1» should be host:port" ;;
    esac
    bare=$(echo "$host" | tr -d '[]')
    found=$(getent ahosts "$bare" | awk '{ print $1 }' | sort -u) || true
    memory=$GATEWAY_RUN_DIR/addresses.$bare
    if [ -n "$found" ]; then
        echo "$found" >"$memory"
    elif [ -r "$memory" ]; then
        found=$(cat "$memory")
    fi
    if [ -z "$found" ]; then
        echo "server 127.0.0.1:1 down;"
    fi
    for address in $found; do
        case $address in
        *:*) echo "server [$address]:$port;" ;;
        *) echo "server $address:$port;" ;;
        esac
    done
}

# at_least MAJOR MINOR PATCH: whether nginx is that new.
at_least() {
    "$GATEWAY_NGINX" -v 2>&1 | awk -F '[/. ]' -v a="$1" -v b="$2" -v c="$3" '{
        for (i = 1; $i !~ /^[0-9]+$/ && i <= NF; i++);
        mine = $i * 1000000 + $(i + 1) * 1000 + $(i + 2)
        exit !(mine >= a * 1000000 + b * 1000 + c)
    }'
}

# listens LISTEN WORDS: a line for IPv4 or the address that is named; of a port alone, and where
# this machine has IPv6, one for that.
listens() {
    echo "listen $1 ${2:+$2 }backlog=1024;"
    case $1 in
    *[!0-9]*) ;;
    *) [ -z "$(cat /proc/net/if_inet6 2>/dev/null)" ] || echo "listen [::]:$1 ${2:+$2 }backlog=1024;" ;;
    esac
}

# Whether there is a certificate. What was meant as one and cannot be used is not taken for none:
# the site would go on without TLS, and nobody be told.
has_certificate() {
    [ -n "$GATEWAY_CERTIFICATES" ] || return 1
    if [ -d "$GATEWAY_CERTIFICATES" ] && [ ! -x "$GATEWAY_CERTIFICATES" ]; then
        fail "the folder of certificates cannot be entered by $(id -un 2>/dev/null || id -u)"
    fi
    there=''
    for file in "$chain" "$key"; do
        if [ -e "$file" ]; then
            there="$there+"
        elif [ -h "$file" ]; then
            fail "${file##*/} is a link that leads nowhere from here: copy the file itself"
        fi
    done
    case $there in
    '') return 1 ;;
    +) fail "fullchain.pem and privkey.pem belong together: one of them is not there" ;;
    esac
}

tls() {
    chain=$GATEWAY_CERTIFICATES/fullchain.pem key=$GATEWAY_CERTIFICATES/privkey.pem
    if ! has_certificate; then
        GATEWAY_LISTEN_LINES=$(listens "$GATEWAY_LISTEN")
        GATEWAY_TLS_LINES='' GATEWAY_REDIRECT_SERVER='' GATEWAY_CERTIFICATE_METRIC=''
        return
    fi
    case $BANTIN_PUBLIC_URL in
    https://*) ;;
    *) fail "there is a certificate, so BANTIN_PUBLIC_URL must start with https://" ;;
    esac
    if at_least 1 25 1; then
        GATEWAY_LISTEN_LINES="$(listens "$GATEWAY_TLS_LISTEN" ssl) http2 on;"
    else
        GATEWAY_LISTEN_LINES=$(listens "$GATEWAY_TLS_LISTEN" "ssl http2")
    fi
    # The sum makes another certificate another configuration.
    GATEWAY_TLS_LINES="# $(cat "$chain" "$key" | cksum)
    ssl_certificate $chain;
    ssl_certificate_key $key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;
    ssl_prefer_server_ciphers off;
    ssl_session_cache shared:tls:4m;
    ssl_session_timeout 1d;
    ssl_session_tickets off;"
    GATEWAY_REDIRECT_SERVER="server {
        $(listens "$GATEWAY_LISTEN")
        return 308 $BANTIN_PUBLIC_URL\$request_uri;
    }"
    GATEWAY_CERTIFICATE_METRIC=$(certificate_metric "$chain")
}

# 0 where the end cannot be read: an alert says so, instead of being silent for good.
certificate_metric() {
    ends=$(openssl x509 -in "$1" -noout -enddate -dateopt iso_8601 2>/dev/null) || ends=''
    ends=${ends#notAfter=}
    seconds=$(date -u -d "${ends%Z}" +%s 2>/dev/null) && [ -n "$ends" ] || seconds=0
    echo "# TYPE bantin_gateway_certificate_expires_timestamp_seconds gauge"
    echo "bantin_gateway_certificate_expires_timestamp_seconds $seconds"
}

derive() {
    if [ "$GATEWAY_ACCESS_LOG" = off ]; then
        GATEWAY_ACCESS_LOG_LINE="access_log off;"
    else
        GATEWAY_ACCESS_LOG_LINE="access_log $GATEWAY_ACCESS_LOG json;"
    fi
    GATEWAY_REAL_IP_LINES=$(networks GATEWAY_TRUSTED_PROXIES "set_real_ip_from " "")
    [ -z "$GATEWAY_REAL_IP_LINES" ] || GATEWAY_REAL_IP_LINES="$GATEWAY_REAL_IP_LINES
    real_ip_header X-Forwarded-For;
    real_ip_recursive on;"
    GATEWAY_UNLIMITED_LINES=$(networks GATEWAY_UNLIMITED "" " 1")
    GATEWAY_VIEW_BURST=$((GATEWAY_VIEW_RATE * 10))
    GATEWAY_SEARCH_BURST=$((GATEWAY_SEARCH_RATE * 10))
    GATEWAY_API_BURST=$((GATEWAY_API_RATE * 10))
    GATEWAY_PAGE_BURST=$((GATEWAY_PAGE_RATE * 10))
    GATEWAY_MEDIA_BURST=$((GATEWAY_MEDIA_RATE * 10))
    GATEWAY_INGEST_SERVERS=$(servers "$GATEWAY_INGEST_API")
    GATEWAY_SEARCH_SERVERS=$(servers "$GATEWAY_SEARCH_WEB")
    GATEWAY_VISITS_SERVERS=$(servers "$GATEWAY_VISITS_COLLECTOR")
    GATEWAY_RENDER_SERVERS=$(servers "$GATEWAY_RENDER_WEB")
    if [ -n "$GATEWAY_GRAFANA" ]; then
        GATEWAY_GRAFANA_SERVERS=$(servers "$GATEWAY_GRAFANA") GATEWAY_GRAFANA_GATE=''
    else
        GATEWAY_GRAFANA_SERVERS="server 127.0.0.1:1 down;" GATEWAY_GRAFANA_GATE="return 404;"
    fi
    # Grafana has a fixed setting for this, but only the address says what readers use.
    case $BANTIN_PUBLIC_URL in
    https://*) GATEWAY_GRAFANA_COOKIES="proxy_cookie_flags ~ secure;" ;;
    *) GATEWAY_GRAFANA_COOKIES='' ;;
    esac
    tls
}

print() (
    defaults
    check
    derive
    for name in $(set | awk -F = '/^GATEWAY_[A-Z_]*=/ { print $1 }'); do
        export "${name?}"
    done
    awk '{
        line = $0
        while (match(line, /\$\{GATEWAY_[A-Z_]+\}/)) {
            name = substr(line, RSTART + 2, RLENGTH - 3)
            if (!(name in ENVIRON)) {
                print "gateway: the template wants " name > "/dev/stderr"
                exit 1
            }
            printf "%s%s", substr(line, 1, RSTART - 1), ENVIRON[name]
            line = substr(line, RSTART + RLENGTH)
        }
        print line
    }' "$here/nginx.conf.template"
)

# complain WHY: says once why what would be written now is not taken.
complain() {
    [ "$1" = "${complained:-}" ] || echo "gateway: nginx goes on as it is: $1" >&2
    complained=$1
}

has_tls() {
    grep -q '^ *ssl_certificate ' "$GATEWAY_RUN_DIR/$1"
}

# One look: what would be written now is tried, and taken if it is new and nginx accepts it.
look() {
    # A process of its own: a function before «||» would go on after an error.
    if ! said=$(sh "$0" print 2>&1 >"$GATEWAY_RUN_DIR/nginx.conf.new"); then
        complain "$said"
        return 0
    fi
    if has_tls nginx.conf && ! has_tls nginx.conf.new; then
        complain "the certificate is gone; to go on without TLS, start again"
        return 0
    fi
    if cmp -s "$GATEWAY_RUN_DIR/nginx.conf.new" "$GATEWAY_RUN_DIR/nginx.conf"; then
        return 0
    fi
    if ! said=$("$GATEWAY_NGINX" -t -q -c "$GATEWAY_RUN_DIR/nginx.conf.new" -e stderr 2>&1); then
        complain "$said"
        return 0
    fi
    complained=''
    mv "$GATEWAY_RUN_DIR/nginx.conf.new" "$GATEWAY_RUN_DIR/nginx.conf"
    kill -HUP "$1" && echo "gateway: reloaded" >&2
}

run() {
    defaults
    check
    mkdir -p "$GATEWAY_RUN_DIR"
    print >"$GATEWAY_RUN_DIR/nginx.conf"
    # This process becomes nginx, so that signals reach it; the loop ends when it does.
    nginx=$$
    (
        while sleep "$GATEWAY_WATCH_SECONDS" && kill -0 "$nginx" 2>/dev/null; do
            look "$nginx"
        done
    ) &
    exec "$GATEWAY_NGINX" -c "$GATEWAY_RUN_DIR/nginx.conf" -e stderr -g 'daemon off;'
}

case ${1:-} in
print | run) "$1" ;;
*) fail "print or run?" ;;
esac
