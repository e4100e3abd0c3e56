# What the real window needs on Debian to be driven without a screen. Sourced.
tools_needed=(xvfb fluxbox xdotool wmctrl imagemagick dbus at-spi2-core curl python3-venv python3-gi gir1.2-atspi-2.0 python3-xlib
    libx11-6 libx11-xcb1 libxcursor1 libxi6 libxrender1 libxkbcommon0 libxkbcommon-x11-0
    libgl1 libegl1 libgl1-mesa-dri libvulkan1 mesa-vulkan-drivers)

# Installs what is missing, or says how.
install_tools() {
    local missing=()
    for package in "${tools_needed[@]}"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ "${#missing[@]}" = 0 ] && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q "${missing[@]}"
    else
        echo "these are missing: sudo apt-get install ${missing[*]}" >&2
        return 1
    fi
}
