#!/bin/sh
# Makes what the compose deployment keeps secret: a file each in the folder named, default secrets/.
# A file that is there already is left as it is, so this is safe to repeat.
#
# Each file is mounted where its reader expects it, and only there. Compose keeps owner and mode
# of the file, and the readers are several users: the folder is closed instead of the files.
set -eu

folder=${1:-secrets}
mkdir -p "$folder"
chmod 700 "$folder"
umask 022

random() { # 40 characters that need no escaping in an address
    LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c 40 || true
}
keep() { # keep NAME VALUE
    [ -s "$folder/$1" ] || printf '%s' "$2" >"$folder/$1"
}

keep rabbitmq_password "$(random)"
keep bus_url "amqp://bantin:$(cat "$folder/rabbitmq_password")@rabbitmq:5672/bantin"
keep postgresql_superuser "$(random)"
keep postgresql_exporter "$(random)"
for service in ingest render visits; do
    keep "postgresql_$service" "$(random)"
    keep "${service}_database_url" \
        "postgresql://$service:$(cat "$folder/postgresql_$service")@postgres:5432/$service"
done
keep grafana_admin_password "$(random)"
# What others have to say: whoever sends alerts fills them in (.env.example).
for name in alert_mail_password alert_webhook_url alert_heartbeat_url; do
    [ -e "$folder/$name" ] || : >"$folder/$name"
done
echo "secrets are in $folder/; the login of Grafana is admin with $folder/grafana_admin_password"
