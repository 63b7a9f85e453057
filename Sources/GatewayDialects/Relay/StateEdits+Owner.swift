// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension StateEdits {
    /// The object whose members are visited, with what they ask of it: looked up once, however many members ask.
    struct Owner {
        enum Member {
            case role, calls, functionCall

            fileprivate var name: StaticString {
                switch self {
                case .role: "role"
                case .calls: "tool_calls"
                case .functionCall: "functionCall"
                }
            }
        }

        let object: JSONValue
        /// Where the `id` stands that became the vendor's again with the state beside it.
        var restoredID: Range<Int>?
        /// The edits that cut the state off an `id`, by where it stands.
        var strippedIDs: [Int: Int] = [:]
        private var found: [Member: Bool] = [:]
        private var checksum: JSONString?

        init(_ object: JSONValue) {
            self.object = object
        }

        /// Whether the object has a member.
        mutating func has(_ member: Member) -> Bool {
            if let known = found[member] { return known }
            let has = object[member.name] != nil
            found[member] = has
            return has
        }

        /// Whether a signature was minted for the thought that the object is.
        mutating func isProved(by state: OpaqueState) -> Bool {
            guard let expected = state.itemID else { return true }
            if let checksum { return checksum == expected }
            var sum = FNV1a()
            if let text = object["thinking"]?.text { sum.add(text) }
            checksum = sum.text
            return sum.text == expected
        }
    }
}
