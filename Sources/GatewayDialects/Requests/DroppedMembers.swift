// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The names of what a target cannot express, for the header `x-gatehouse-dropped`.
package struct DroppedMembers: Sendable {
    package private(set) var names: [String] = []

    package init() {}

    /// Most names that are kept: the header that carries them is for people.
    private static let maximumNames = 32

    /// Notes a name once.
    package mutating func note(_ name: String) {
        guard names.count < Self.maximumNames, !names.contains(name) else { return }
        names.append(name)
    }
}
