// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Which members of an object have been read, so that none is read twice: servers disagree about which of two counts.
struct SeenMembers<Member: RawRepresentable<Int>> {
    private var bits: UInt64 = 0

    /// Notes a member; its raw value is below 64.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` if it was read before, under whichever spelling.
    mutating func note(_ member: Member, _ key: JSONString) throws(GatewayError) {
        guard !contains(member) else { throw .invalid(key.string, "appears in the request body more than once.") }
        bits |= 1 << UInt64(member.rawValue)
    }

    func contains(_ member: Member) -> Bool { bits & 1 << UInt64(member.rawValue) != 0 }
}

/// Many times what any client sends; without a bound a body of tiny members would take a multiple of its size.
private let maximumUnknownMembers = 256

extension GatewayError {
    fileprivate static var tooManyMembers: GatewayError {
        GatewayError(.invalidRequest, "The request body has too many unknown fields.")
    }
}

extension ModelRequest {
    /// Keeps a member that the hub does not model, for targets of the client's own format; `null` is as good as none.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` if there are too many.
    mutating func keep(_ key: JSONString, _ value: JSONValue) throws(GatewayError) {
        guard !value.isNull else { return }
        guard rest.count < maximumUnknownMembers else { throw .tooManyMembers }
        rest.append((key, value))
    }
}

extension EmbeddingsRequest {
    /// Keeps a member that the hub does not model; some upstreams write it again for each of many inputs.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest`` if there are too many.
    mutating func keep(_ key: JSONString, _ value: JSONValue) throws(GatewayError) {
        guard rest.count < maximumUnknownMembers else { throw .tooManyMembers }
        rest.append((key, value))
    }
}
