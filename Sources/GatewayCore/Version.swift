// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The version of the gateway, as `gatehouse --version` prints it and as the changelog names it.
package enum Version {
    package static let current = "0.1.0-dev"
}
