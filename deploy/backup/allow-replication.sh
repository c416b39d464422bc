#!/bin/sh
# Run once by the PostgreSQL image over a new cluster: the backup reads the log over the network.
set -eu
echo "host replication counterfoil_backup all scram-sha-256" >>"$PGDATA/pg_hba.conf"
