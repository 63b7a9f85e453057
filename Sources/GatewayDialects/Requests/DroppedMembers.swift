// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// The names of what a target cannot express, for the header `x-gatehouse-dropped`.
package struct DroppedMembers: Sendable {
    package private(set) var names: [String] = []

    package init() {}

    /// The names that were noted before.
    init(_ names: [String]) {
        self.names = names
    }

    /// Most names that are kept: the header that carries them is for people.
    private static let maximumNames = 32

    /// The longest name that is kept, in bytes.
    private static let maximumBytes = 160

    /// Notes a name once.
    ///
    /// A name may hold words of the client's; what may not stand in a header becomes `?`.
    package mutating func note(_ name: String) {
        guard names.count < Self.maximumNames else { return }
        let plain = name.utf8.prefix(Self.maximumBytes).map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") }
        let name = String(decoding: plain, as: UTF8.self)
        if !names.contains(name) { names.append(name) }
    }
}
