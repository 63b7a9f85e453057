// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

/// Offers the tools of namespaces as tools of their own, named `namespace__tool` (tools-08).
///
/// Calls of earlier turns get the same names; calls of the answer get their namespace back.
struct NamespaceFlattening: Adaptation {
    private struct Place: Hashable {
        let namespace: JSONString
        let name: JSONString
    }

    /// The tools by their flat names.
    private var places: [JSONString: Place] = [:]

    static let concerns: RequestContents = .namespaces

    static func adapt(
        _ request: inout ModelRequest,
        to target: TranslationTarget,
        _ features: UpstreamFeatures,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> (any Adaptation)? {
        guard !features.contains(.namespaces) else { return nil }
        var flattening = NamespaceFlattening()
        var names: [Place: JSONString] = [:]
        var flatNames = FlatNames(taken: Set(request.tools.compactMap { $0.namespace == nil ? $0.name : nil }))
        var descriptionBytes = 0
        for (index, tool) in request.tools.enumerated() {
            guard let namespace = tool.namespace else { continue }
            let place = Place(namespace: namespace, name: tool.name)
            let name = flatNames.take(place)
            names[place] = name
            flattening.places[name] = place
            request.tools[index].name = name
            request.tools[index].namespace = nil
            // It stays beside the tool's own: encoders write both, and no copy is made of what many tools share.
            guard let description = tool.namespaceDescription, !description.isEmpty else { continue }
            descriptionBytes += description.writtenBytes
            guard descriptionBytes <= request.maximumBytes else {
                throw .expands(
                    beyond: request.maximumBytes,
                    "tools",
                    "The description of a namespace is repeated for each of its tools: shorten it or send fewer tools."
                )
            }
        }
        request.mapParts { part in
            guard case .toolCall(var call) = part.content, let namespace = call.namespace else { return }
            let place = Place(namespace: namespace, name: call.name)
            // A call of a tool that is not offered any more keeps a name that tells where it was.
            call.name = names[place] ?? FlatNames.name(of: place)
            call.namespace = nil
            part.content = .toolCall(call)
        }
        var namesake: [JSONString: [JSONString]] = [:]
        for tool in request.tools {
            if let place = flattening.places[tool.name] { namesake[place.name, default: []].append(tool.name) }
        }
        // A choice names a tool without its namespace.
        request.toolChoice = request.toolChoice?.mapNames { flatNames.taken.contains($0) ? [$0] : namesake[$0] ?? [$0] }
        return flattening.places.isEmpty ? nil : flattening
    }

    /// Names of the form `namespace__tool` in letters, digits, `_` and `-`; one that is too long or taken ends with a checksum, of which there are as many as it
    /// takes.
    private struct FlatNames {
        private(set) var taken: Set<JSONString>
        /// Where to go on from a checksum that was taken, so that the names that many tools would have are not tried again for each.
        private var next: [JSONString: FNV1a] = [:]

        init(taken: Set<JSONString>) {
            self.taken = taken
        }

        /// The longest name that every vendor takes.
        private static let longestName = 64

        /// The name of a tool that is not offered.
        static func name(of place: Place) -> JSONString {
            let (plain, isWhole, whole) = spell(place)
            return isWhole ? JSONString(plain) : salted(plain, FNV1a(whole))
        }

        /// The name of a tool, which no other gets.
        mutating func take(_ place: Place) -> JSONString {
            let (plain, isWhole, whole) = Self.spell(place)
            if isWhole, taken.insert(JSONString(plain)).inserted { return JSONString(plain) }
            var checksum = FNV1a(whole)
            let first = Self.salted(plain, checksum)
            if let tried = next[first] { checksum = tried }
            while true {
                let name = Self.salted(plain, checksum)
                checksum.add(UInt8(ascii: " "))
                guard taken.insert(name).inserted else { continue }
                next[first] = checksum
                return name
            }
        }

        /// The allowed spelling of a name, whether that says it all, and the name.
        private static func spell(_ place: Place) -> (plain: String, isWhole: Bool, whole: String) {
            let whole = place.namespace.string + "__" + place.name.string
            let bytes = whole.utf8.map { byte -> UInt8 in
                let isAllowed =
                    byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26
                    || byte == UInt8(ascii: "-")
                return isAllowed ? byte : UInt8(ascii: "_")
            }
            let plain = String(decoding: bytes, as: UTF8.self)
            return (plain, bytes.count <= longestName && plain == whole, whole)
        }

        private static func salted(_ plain: String, _ checksum: FNV1a) -> JSONString {
            JSONString("\(plain.prefix(longestName - 14))_\(checksum.text.string)")
        }
    }

    func undo(_ event: ModelEvent, into events: inout [ModelEvent]) {
        guard case .partStart(let index, .toolCall(let call, let state)) = event else { return events.append(event) }
        events.append(.partStart(candidate: index, .toolCall(restored(call), state: state)))
    }

    private func restored(_ call: Message.ToolCall) -> Message.ToolCall {
        guard let place = places[call.name] else { return call }
        var call = call
        call.name = place.name
        call.namespace = place.namespace
        return call
    }
}
