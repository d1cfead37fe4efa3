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
has_postgres || need postgresql postgresql@17
has redis-server || need redis-server redis
if [ "$goal" = test ]; then
  has chromium || has chromium-browser || [ -d "/Applications/Chromium.app" ] || need chromium chromium
  has pdftotext || need poppler-utils poppler
  has zbarimg || need zbar-tools zbar
  has_chinese_font || need fonts-noto-cjk ''
fi
[ -n "$debian" ] || exit 0

say() { printf 'qianshou: %s\n' "$*" >&2; }
give_up() { say "$1"; say "please install:$debian (Debian's names), then run the same command again"; exit 1; }

if has apt-get; then
  as=''
  if [ "$(id -u)" != 0 ]; then
    has sudo || give_up 'apt-get needs root, and there is no sudo'
    as=sudo
  fi
  say "installing with apt-get:$debian"
  # A cluster and a service of the system are not wanted: the program starts its own.
  made=''
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    $as mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' | $as tee /etc/postgresql-common/createcluster.conf >/dev/null
    made=yes
  fi
  policy=''
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' | $as tee /usr/sbin/policy-rc.d >/dev/null
    $as chmod 755 /usr/sbin/policy-rc.d
    policy=yes
  fi
  tidy() {
    [ -z "$policy" ] || $as rm -f /usr/sbin/policy-rc.d
    [ -z "$made" ] || [ -d /usr/share/postgresql-common ] || $as rm -rf /etc/postgresql-common
  }
  trap tidy EXIT
  get() { $as env DEBIAN_FRONTEND=noninteractive apt-get "$@" </dev/null; }
  # An old package list is a common reason of failure: fetch it anew and try again.
  # shellcheck disable=SC2086 # a list of names
  get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold $debian >/tmp/qianshou-install.$$ 2>&1 || {
    get update -qq >>/tmp/qianshou-install.$$ 2>&1 || true
    get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold $debian >>/tmp/qianshou-install.$$ 2>&1 || {
      tail -n 5 /tmp/qianshou-install.$$ >&2
      give_up "apt-get could not install them (all it said: /tmp/qianshou-install.$$)"
    }
  }
  rm -f /tmp/qianshou-install.$$
elif has brew; then
  say "installing with Homebrew:$brew"
  # shellcheck disable=SC2086
  brew install $brew || give_up 'Homebrew could not install them'
else
  give_up 'there is no package manager that this script knows'
fi
