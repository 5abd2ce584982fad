#!/bin/sh
# Writes Alertmanager's configuration from the environment, and runs Alertmanager with it.
#
#   alertmanager.sh print   writes the configuration to standard output
#   alertmanager.sh run     writes it to ALERT_RUN_DIR and becomes Alertmanager
#
# Alertmanager itself reads no environment. Whom it tells, all of them if several are given; nobody
# without any, and alerts are then seen in Grafana, Prometheus and Alertmanager alone:
#
#   ALERT_MAIL_TO            addresses, by commas
#   ALERT_MAIL_FROM          who it is from                                   (the first of them)
#   ALERT_MAIL_SERVER        host:port of the mail server; must offer TLS     (needed for mail)
#   ALERT_MAIL_USER          who logs in there                                (nobody)
#   ALERT_MAIL_PASSWORD_FILE a file with the password                         (none)
#   ALERT_WEBHOOK_URL_FILE   a file with the address that alerts are posted to, as JSON; the address
#                            is a secret, as who knows it can post there too
#   ALERT_HEARTBEAT_URL_FILE a file with the address of an outside service that expects a POST every
#                            five minutes as long as all is well, and tells somebody when there was
#                            none for long; as secret as the webhook's
#
#   ALERT_RUN_DIR            a folder that it may write to, best in memory    (/tmp)
#   ALERT_STORAGE            where silences are kept                          (/alertmanager)
#   ALERT_EXTERNAL_URL       where people reach Alertmanager, for links       (none)
set -eu
umask 077
here=$(dirname "$0")

fail() {
    echo "alertmanager: $1" >&2
    exit 1
}

# plain NAME: the value must not be able to say more than it should inside quotes.
plain() {
    eval "value=\${$1:-}"
    case $value in
    *[\"\\]* | *"
"*) fail "$1 has a character that it cannot have" ;;
    esac
}

print() {
    for name in ALERT_MAIL_TO ALERT_MAIL_FROM ALERT_MAIL_SERVER ALERT_MAIL_USER \
        ALERT_MAIL_PASSWORD_FILE ALERT_WEBHOOK_URL_FILE ALERT_HEARTBEAT_URL_FILE; do
        plain "$name"
    done
    if [ -n "${ALERT_MAIL_TO:-}" ] && [ -z "${ALERT_MAIL_SERVER:-}" ]; then
        fail "ALERT_MAIL_TO needs ALERT_MAIL_SERVER"
    fi
    cat "$here/alertmanager.yml"
    echo "receivers:"
    echo "  - name: operators"
    if [ -n "${ALERT_MAIL_TO:-}" ]; then
        mail
    fi
    if [ -n "${ALERT_WEBHOOK_URL_FILE:-}" ]; then
        webhook ALERT_WEBHOOK_URL_FILE true
    fi
    echo "  - name: heartbeat"
    if [ -n "${ALERT_HEARTBEAT_URL_FILE:-}" ]; then
        webhook ALERT_HEARTBEAT_URL_FILE false
    fi
}

mail() {
    echo "    email_configs:"
    echo "      - to: \"$ALERT_MAIL_TO\""
    echo "        from: \"${ALERT_MAIL_FROM:-${ALERT_MAIL_TO%%,*}}\""
    echo "        smarthost: \"$ALERT_MAIL_SERVER\""
    if [ -n "${ALERT_MAIL_USER:-}" ]; then
        echo "        auth_username: \"$ALERT_MAIL_USER\""
    fi
    if [ -n "${ALERT_MAIL_PASSWORD_FILE:-}" ]; then
        echo "        auth_password_file: \"$ALERT_MAIL_PASSWORD_FILE\""
    fi
    cat <<'END'
        send_resolved: true
        headers:
          Subject: >-
            [Bản Tin] {{ if eq .Status "firing" }}{{ .CommonLabels.severity | toUpper }}{{ else }}ĐÃ HẾT{{ end }}:
            {{ (index .Alerts 0).Annotations.summary }}
        text: |
          {{ range .Alerts }}{{ if eq .Status "firing" }}ĐANG BÁO{{ else }}ĐÃ HẾT{{ end }} {{ .Labels.alertname }}
          {{ .Annotations.summary }}
          {{ .Annotations.description }}
          Cách xử lý: {{ .Annotations.runbook_url }}
          Từ lúc: {{ .StartsAt.Format "2006-01-02 15:04:05 MST" }}

          {{ end }}
        html: ""
END
}

# webhook NAME RESOLVED: posts to the address in the file that the setting names.
# The address goes into the configuration in memory: url_file is newer than some versions in use.
webhook() {
    eval "file=\$$1"
    [ -r "$file" ] || fail "$1 cannot be read"
    url=$(cat "$file")
    plain url
    case $url in
    http://* | https://*) ;;
    *) fail "$1 must hold an address of http or https" ;;
    esac
    echo "    webhook_configs:"
    echo "      - url: \"$url\""
    echo "        send_resolved: $2"
}

run() {
    configuration=${ALERT_RUN_DIR:-/tmp}/alertmanager.yml
    print >"$configuration"
    program=$(command -v alertmanager || command -v prometheus-alertmanager) ||
        fail "there is no alertmanager here"
    set -- "--config.file=$configuration" "--storage.path=${ALERT_STORAGE:-/alertmanager}" \
        --cluster.listen-address= "$@"
    if [ -n "${ALERT_EXTERNAL_URL:-}" ]; then
        set -- "--web.external-url=$ALERT_EXTERNAL_URL" "$@"
    fi
    exec "$program" "$@"
}

case ${1:-} in
print) print ;;
run) shift && run "$@" ;;
*) fail "print or run?" ;;
esac
