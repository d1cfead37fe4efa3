#!/bin/sh
# Installs with the system's package manager what `make run` or `make test` needs
# and is missing, and says what it does. Nothing missing: silent.
# use: install.sh run|test
set -eu
goal=${1:?run or test}

has() { command -v "$1" >/dev/null 2>&1; }
any() { for path; do [ ! -e "$path" ] || return 0; done; return 1; }
has_postgres() {
  has initdb || any /usr/lib/postgresql/*/bin/postgres /opt/homebrew/opt/postgresql@*/bin/postgres /usr/local/opt/postgresql@*/bin/postgres
}
# Chinese in the browser's pictures needs a Chinese font on the machine.
has_chinese_font() {
  any /usr/share/fonts/*/*/*CJK* /usr/share/fonts/truetype/wqy/* /System/Library/Fonts/PingFang.ttc
}

debian='' brew=''
need() { debian="$debian $1"; brew="$brew $2"; }
# A run that is given a database and a Redis needs none here; tests never are.
given() { [ "$goal" = run ] && [ -n "$1" ]; }
given "${DATABASE_URL:-}${DATABASE_URL_FILE:-}" || has_postgres || need postgresql postgresql@17
given "${REDIS_URL:-}${REDIS_URL_FILE:-}" || has redis-server || need redis-server redis
if [ "$goal" = test ]; then
  has chromium || has chromium-browser || [ -d "/Applications/Chromium.app" ] || need chromium chromium
  # Where an ordinary user may make no namespaces (a container, say), Debian's
  # Chromium starts with its helper only; as root it runs without.
  if [ "$(id -u)" != 0 ] && grep -qs '^ID=debian' /etc/os-release && ! unshare -U true 2>/dev/null; then
    any /usr/lib/chromium/chrome-sandbox || need chromium-sandbox ''
  fi
  has pdftotext || need poppler-utils poppler
  has zbarimg || need zbar-tools zbar
  has_chinese_font || need fonts-noto-cjk ''
fi
[ -n "$debian" ] || exit 0

say() { printf 'qianshou: %s\n' "$*" >&2; }
give_up() { say "$1; please install:$debian (Debian's names), then run the same command again"; exit 1; }

# Sets $as to what runs a command as root; asks for a password only at a terminal.
become_root() {
  as=''
  [ "$(id -u)" != 0 ] || return 0
  has sudo || give_up 'apt-get needs root, and there is no sudo'
  as=sudo
  sudo -n true 2>/dev/null && return 0
  { [ -t 0 ] && sudo -v; } || give_up 'apt-get needs root, and sudo does not let you'
}

if has apt-get; then
  become_root
  say "installing with apt-get:$debian (services of the system are not started)"
  # A cluster and a service of the system are not wanted: the program starts its own.
  made='' policy='' log=$(mktemp)
  conf=/etc/postgresql-common/createcluster.conf
  tidy() {
    [ -z "$policy" ] || $as rm -f /usr/sbin/policy-rc.d
    [ -z "$made" ] || { [ -e $conf.ucf-dist ] && $as mv $conf.ucf-dist $conf; } || $as rm -f $conf
    [ -z "$made" ] || $as rmdir /etc/postgresql-common 2>/dev/null || true
  }
  trap tidy EXIT
  trap 'exit 130' INT TERM HUP
  if [ ! -e $conf ]; then
    made=yes
    $as mkdir -p "${conf%/*}"
    echo 'create_main_cluster = false' | $as tee $conf >/dev/null
  fi
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    policy=yes
    printf '#!/bin/sh\nexit 101\n' | $as tee /usr/sbin/policy-rc.d >/dev/null
    $as chmod 755 /usr/sbin/policy-rc.d
  fi
  get() { $as env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 "$@" >>"$log" 2>&1 </dev/null; }
  # shellcheck disable=SC2086 # a list of names
  install() { get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold $debian; }
  # An old package list is a common reason of failure: fetch it anew and try again.
  install || {
    get update -qq || true
    install || {
      why=$(grep -E 'Could not (resolve|connect)|Failed to fetch' "$log" | head -n 1)
      [ -n "$why" ] || why=$(grep '^E: ' "$log" | tail -n 1)
      give_up "apt-get could not install them (${why:-no reason given}; all it said: $log)"
    }
  }
  rm -f "$log"
elif has brew; then
  say "installing with Homebrew:$brew"
  # shellcheck disable=SC2086
  brew install $brew || give_up 'Homebrew could not install them'
else
  give_up 'there is no package manager that this script knows'
fi
