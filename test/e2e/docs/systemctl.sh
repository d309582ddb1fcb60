#!/bin/sh
# What systemd does with contrib/systemd/tc.service, on the machine below $MACHINE.
set -eu
pid() { cat "$MACHINE/pid" 2> /dev/null; }
alive() { p=$(pid) && kill -0 "$p" 2> /dev/null; }
start() {
  alive && return
  touch "$MACHINE/var/log/agent.out"
  from=$(($(wc -c < "$MACHINE/var/log/agent.out") + 1))
  setsid tc agent -config-dir="$MACHINE/etc/tc.d" >> "$MACHINE/var/log/agent.out" 2>&1 < /dev/null &
  echo $! > "$MACHINE/pid"
  # Type=notify: started once the agent says so.
  for _ in $(seq 300); do
    alive || { cat "$MACHINE/var/log/agent.out" >&2; exit 1; }
    curl -s "http://$CONSUL_HTTP_ADDR/v1/status/leader" > /dev/null && return
    # Where the API is encrypted, the log says it.
    tail -c "+$from" "$MACHINE/var/log/agent.out" | grep -qF 'Consul agent running!' && return
    sleep 0.1
  done
  exit 1
}
stop() {
  alive || return 0
  kill "-$1" "$p"
  for _ in $(seq 300); do alive || return 0; sleep 0.1; done
  exit 1
}
case "$*" in
  'start tc' | 'enable --now tc') start ;;
  'stop tc' | 'disable --now tc') stop INT ;;
  'restart tc') stop INT; start ;;
  'reload tc') alive && kill -HUP "$p" ;;
  'kill --signal=KILL tc') stop KILL ;;
  *) echo "systemctl $*: not in runbooks" >&2; exit 1 ;;
esac
