// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Which names of tools a target takes.
///
/// Sources (2026-11): `^[a-zA-Z0-9_-]{1,64}$` of OpenAI's `types/shared_params/function_definition.py`; `^[a-zA-Z0-9_-]{1,128}$` of Anthropic's refusals;
/// `[a-zA-Z0-9_-]+` and 64 of Bedrock's `ToolSpecification`; Gemini's `FunctionDeclaration` adds dots and colons, and takes 64.
struct ToolNameBounds: Sendable {
    /// In bytes.
    let longest: Int
    let takesDots: Bool

    init(_ features: UpstreamFeatures) {
        longest = features.contains(.longToolNames) ? 128 : 64
        takesDots = features.contains(.dottedToolNames)
    }

    /// The narrowest of them, which every target takes.
    static let narrowest = ToolNameBounds([])

    func takes(_ name: JSONString) -> Bool {
        guard !name.isEmpty else { return true }
        return name.withBytes { bytes, _ in bytes.count <= longest && bytes.allSatisfy(takes) }
    }

    func takes(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_") || (takesDots && (byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")))
    }
}

/// Spells the names of tools as a target takes them; one that is too long, misspelled or taken ends with a checksum, of which there are as many as it takes.
struct ToolNames {
    private let bounds: ToolNameBounds
    private(set) var taken: Set<JSONString>
    /// Where to go on from a checksum that was taken, so that the names that many tools would have are not tried again for each.
    private var next: [JSONString: FNV1a] = [:]

    init(taken: Set<JSONString>, _ bounds: ToolNameBounds = .narrowest) {
        self.taken = taken
        self.bounds = bounds
    }

    /// The name of a tool that is not offered.
    func name(of whole: String) -> JSONString {
        let (plain, isWhole) = spell(whole)
        return isWhole ? JSONString(plain) : salted(plain, FNV1a(whole))
    }

    /// The name of a tool, which no other gets.
    mutating func take(_ whole: String) -> JSONString {
        let (plain, isWhole) = spell(whole)
        if isWhole, taken.insert(JSONString(plain)).inserted { return JSONString(plain) }
        var checksum = FNV1a(whole)
        let first = salted(plain, checksum)
        if let tried = next[first] { checksum = tried }
        while true {
            let name = salted(plain, checksum)
            checksum.add(UInt8(ascii: " "))
            guard taken.insert(name).inserted else { continue }
            next[first] = checksum
            return name
        }
    }

    /// The allowed spelling of a name, and whether that says it all.
    private func spell(_ whole: String) -> (plain: String, isWhole: Bool) {
        let bytes = whole.utf8.map { bounds.takes($0) ? $0 : UInt8(ascii: "_") }
        let plain = String(decoding: bytes, as: UTF8.self)
        return (plain, bytes.count <= bounds.longest && plain == whole)
    }

    private func salted(_ plain: String, _ checksum: FNV1a) -> JSONString {
        JSONString("\(plain.prefix(bounds.longest - 14))_\(checksum.text.string)")
    }
}
