#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
#
# What the live tests run beside the gateway: curl (the examples), nginx (a real upstream), openssl (certificates).
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=Scripts/install.sh
. Scripts/install.sh

needs=()
command -v curl >/dev/null || needs+=(curl)
command -v openssl >/dev/null || needs+=(openssl)
[ -x /usr/sbin/nginx ] || command -v nginx >/dev/null || needs+=(nginx-light)
[ ${#needs[@]} -gt 0 ] || exit 0

on_debian "for the live tests" "${needs[@]}" || exit 0
install_packages "for the live tests" "${needs[@]}"
# The package starts a server on port 80; the tests start their own, elsewhere.
case " ${needs[*]} " in
*nginx*) as_root service nginx stop >/dev/null 2>&1 || true ;;
esac
