// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

extension OpaqueState {
    /// What every wrapped state begins with; bodies are searched for it.
    package static var prefix: StaticString { "gatehouse1_" }

    /// The state as a text of letters, digits, `_` and `-`, so that it may stand in any field and in ids.
    ///
    /// The prefix, the kind (1 letter), the origin (16 hexadecimal digits), the length of the item's id (2 hexadecimal digits) and the id, how the data is spelled
    /// (`b`: base64 whose `+`, `/` and padding were replaced; `u`: base64url of its bytes), the data.
    package var wrapped: String {
        let itemID = itemID.map { String($0.string.utf8.prefix(255).map { Character(Unicode.Scalar($0)) }) } ?? ""
        let isPlainID = itemID.utf8.allSatisfy(Self.isPlain)
        let data = data.string
        var text = Self.prefix.description
        text.reserveCapacity(64 + data.utf8.count * 4 / 3)
        text.unicodeScalars.append(Unicode.Scalar(kind.rawValue))
        text += Self.hexadecimal(origin.tag, digits: 16)
        text += Self.hexadecimal(UInt64(isPlainID ? itemID.utf8.count : 0), digits: 2)
        if isPlainID { text += itemID }
        if Self.isBase64(data) {
            text += "b"
            for byte in data.utf8 where byte != UInt8(ascii: "=") {
                switch byte {
                case UInt8(ascii: "+"): text += "-"
                case UInt8(ascii: "/"): text += "_"
                default: text.unicodeScalars.append(Unicode.Scalar(byte))
                }
            }
        } else {
            text += "u"
            text += Base64URL.encode(data.utf8)
        }
        return text
    }

    /// Reads what ``wrapped`` wrote; nil for anything else.
    package init?(wrapped text: JSONString) {
        guard text.hasPrefix(Self.prefix) else { return nil }
        self.init(wrapped: text.string[...])
    }

    /// Reads what ``wrapped`` wrote; nil for anything else.
    package init?(wrapped text: Substring) {
        var bytes = text.utf8.dropFirst(Self.prefix.utf8CodeUnitCount)
        guard text.hasPrefix(Self.prefix.description), let kind = bytes.popFirst().flatMap(Kind.init(rawValue:)),
            let tag = Self.number(&bytes, digits: 16), let count = Self.number(&bytes, digits: 2),
            bytes.count > Int(count)
        else { return nil }
        let id = bytes.prefix(Int(count))
        bytes = bytes.dropFirst(Int(count))
        let spelling = bytes.popFirst()
        guard bytes.allSatisfy(Self.isPlain) else { return nil }
        let data: String
        switch spelling {
        case UInt8(ascii: "b"):
            guard bytes.count % 4 != 1 else { return nil }
            var written = ""
            written.reserveCapacity(bytes.count + 3)
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "-"): written += "+"
                case UInt8(ascii: "_"): written += "/"
                default: written.unicodeScalars.append(Unicode.Scalar(byte))
                }
            }
            data = written + String(repeating: "=", count: (4 - bytes.count % 4) % 4)
        case UInt8(ascii: "u"):
            guard let decoded = Base64URL.decode(bytes) else { return nil }
            data = decoded
        default:
            return nil
        }
        self.init(
            kind,
            JSONString(data),
            from: StateOrigin(tag: tag),
            itemID: count == 0 ? nil : JSONString(String(Substring(id)))
        )
    }

    // MARK: Ids that carry a state

    /// An id with the state behind it, for clients whose format has no other place that survives (reasoning-01).
    package static func id(_ id: JSONString, carrying state: OpaqueState?) -> JSONString {
        guard let state else { return id }
        return JSONString(id.string + "_" + state.wrapped)
    }

    /// Undoes ``id(_:carrying:)``: the vendor's id, and the state if there was one.
    package static func split(id: JSONString) -> (id: JSONString, state: OpaqueState?) {
        let isCandidate = id.withBytes { bytes, _ in bytes.count >= 32 }
        guard isCandidate else { return (id, nil) }
        let text = id.string
        let marker = "_" + prefix.description
        guard let range = text.firstRange(of: marker) else { return (id, nil) }
        let start = text.utf8.index(after: range.lowerBound)
        return (JSONString(String(text[..<range.lowerBound])), OpaqueState(wrapped: text[start...]))
    }

    // MARK: Spelling

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "-")
    }

    /// Whether a text is base64 in its usual alphabet with its padding, so that its spelling can be restored exactly.
    private static func isBase64(_ text: String) -> Bool {
        guard text.utf8.count % 4 == 0, !text.isEmpty else { return false }
        let padding = text.utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return false }
        return text.utf8.dropLast(padding).allSatisfy { byte in
            byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "+")
                || byte == UInt8(ascii: "/")
        }
    }

    private static func hexadecimal(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    private static func number(_ bytes: inout Substring.UTF8View, digits: Int) -> UInt64? {
        guard bytes.count >= digits else { return nil }
        var number: UInt64 = 0
        for _ in 0..<digits {
            switch bytes.popFirst() {
            case .some(let byte) where byte &- UInt8(ascii: "0") < 10:
                number = number << 4 | UInt64(byte - UInt8(ascii: "0"))
            case .some(let byte) where byte &- UInt8(ascii: "a") < 6:
                number = number << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }
}
