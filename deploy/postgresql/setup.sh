#!/bin/sh
# Makes every role and database on a server that is reached over the network (PGHOST), and sets
# the passwords that their files have now. Run at each start: what is there is left as it is, and
# a first start that was cut off is finished.
set -eu

PGPASSWORD=$(cat "${POSTGRESQL_PASSWORDS:-/run/secrets}/postgresql_superuser")
export PGPASSWORD
here=$(dirname "$0")
"$here/databases.sh"
"$here/monitor.sh"
