# Sourced by the set-up scripts: apt_install WHAT_FOR PACKAGE...
#
# Root on Debian installs the packages without a question. Otherwise one line on stderr names them, and 1 is returned.
apt_install() {
    local what_for=$1
    shift
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "$what_for: needs $*, not found; install with: sudo apt-get install $*" >&2
        return 1
    fi
    echo "$what_for: installing $* with apt-get"
    _apt_quietly install "$@" || { _apt_quietly update && _apt_quietly install "$@"; }
}

_apt_quietly() {
    # No questions; waits for another apt to finish instead of failing.
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 --no-install-recommends "$@" \
        </dev/null >/dev/null
}
