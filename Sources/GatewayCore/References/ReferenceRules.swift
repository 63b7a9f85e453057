// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// The rows of a provider's table that hold for one format, as a tree by the keys of their paths.
///
/// Made once for each provider service. A body is looked into only if the keys that its scan saw in passing say that it may hold one of the fields.
package struct ReferenceRules: Sendable {
    /// A place in a request.
    package struct Node: Sendable {
        /// The fields below an object, by their keys in small letters and without underscores.
        fileprivate var children: [(name: [UInt8], node: Node)] = []
        /// Whether fields of an object count.
        package var hasChildren: Bool { !children.isEmpty }
        /// What holds for each element of an array.
        package var elements: [Node] = []
        /// What this place may not hold.
        package var checks: [(kind: RequestReference.Kind, condition: RequestReference.Condition)] = []
    }

    /// Nothing is refused.
    package static let none = ReferenceRules([], allowed: [.files])

    package private(set) var root = Node()
    /// The keys of fields of the root, of fields below, and of fields below that have a common name.
    private var (own, nested, repeated): (UInt64, UInt64, UInt64) = (0, 0, 0)
    /// Whether every request is looked into, since the keys do not tell.
    private var looksAlways = false
    /// Whether a text may not name a file.
    package private(set) var refusesFileTexts = false
    /// Whether files of the provider's storage may be named, and the uploaded ones.
    ///
    /// It also holds for formats without rows, into which such a file is only translated.
    package let allowsFiles: Bool

    /// The rules of these rows, but for the kinds that are allowed.
    package init(_ rows: [RequestReference], allowed: Set<RequestReference.Kind>) {
        allowsFiles = allowed.contains(.files)
        for row in rows where !allowed.contains(row.kind) {
            let steps = row.path.split(separator: ".").flatMap { step -> [String] in
                let name = String(step.prefix { $0 != "[" })
                return [name] + (step.hasSuffix("[]") ? ["[]"] : [])
            }
            Self.add(row, steps[...], to: &root)
            if row.condition == .fileText { refusesFileTexts = true }
            switch row.gate {
            case .key(let key) where steps.count == 1: own |= JSONKeyWatch.references.mask(of: key)
            case .key(let key): nested |= JSONKeyWatch.references.mask(of: key)
            case .secondKey(let key): repeated |= JSONKeyWatch.references.mask(of: key)
            case .everyRequest: looksAlways = true
            }
        }
    }

    /// Where a body may hold one of the fields.
    package enum Place: Sendable {
        case nowhere
        /// Among the fields of its root.
        case root
        /// There, or below.
        case anywhere
    }

    /// Where a body with these keys may hold one of the fields.
    package func place(in keys: JSONKeyWatch.Found) -> Place {
        if looksAlways || keys.seen & nested | keys.repeated & repeated != 0 { return .anywhere }
        return keys.seen & own != 0 ? .root : .nowhere
    }

    private static func add(_ row: RequestReference, _ steps: ArraySlice<String>, to node: inout Node) {
        guard let step = steps.first else {
            node.checks.append((row.kind, row.condition))
            return
        }
        if step == "[]" {
            if node.elements.isEmpty { node.elements.append(Node()) }
            add(row, steps.dropFirst(), to: &node.elements[0])
        } else {
            let name = Array(step.utf8.filter { $0 != UInt8(ascii: "_") })
            let index = node.children.firstIndex { $0.name == name } ?? node.children.endIndex
            if index == node.children.endIndex { node.children.append((name, Node())) }
            add(row, steps.dropFirst(), to: &node.children[index].node)
        }
    }

    /// Where files of a provider's own storage or disk are, and those that were uploaded to Gemini's API.
    package static let storagePrefixes = [
        "gs://", "s3://", "file:", "files/", "ms://", "fileid://", "azureml:", "dbfs:",
        "https://generativelanguage.googleapis.com", "http://generativelanguage.googleapis.com",
    ]

    /// How a text begins that some vendors take for a file.
    package static let fileTextPrefixes = ["fileid://", "ms://"]
}

extension ReferenceRules.Node {
    /// What holds for the field with a key, in every spelling that some server takes for it: in any case, and with or without underscores.
    package subscript(_ key: JSONString) -> ReferenceRules.Node? {
        // An escape takes at most six bytes for one of a name, and no name has so many.
        guard key.writtenBytes <= 256 else { return nil }
        let (found, isOdd) = key.withBytes { bytes, isEscaped -> (Int?, Bool) in
            if let index = index(of: bytes) { return (index, false) }
            return (nil, bytes.contains { $0 >= 0x80 || isEscaped && $0 == UInt8(ascii: "\\") })
        }
        if let found { return children[found].node }
        guard isOdd else { return nil }
        // U+017F is an `s` to servers that do not mind the case, and U+212A a `k`.
        let plain = key.string.unicodeScalars.map { scalar -> UInt8 in
            switch scalar {
            case "\u{17F}": UInt8(ascii: "s")
            case "\u{212A}": UInt8(ascii: "k")
            default: scalar.isASCII ? UInt8(scalar.value) : 0xFF
            }
        }
        return plain.withUnsafeBytes { index(of: $0) }.map { children[$0].node }
    }

    private func index(of key: UnsafeRawBufferPointer) -> Int? {
        children.firstIndex { Self.isSame(key, $0.name) }
    }

    /// Whether a key is a name but for its case and underscores.
    private static func isSame(_ key: UnsafeRawBufferPointer, _ name: [UInt8]) -> Bool {
        guard key.count >= name.count else { return false }
        var matched = 0
        for byte in key where byte != UInt8(ascii: "_") {
            let small = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
            guard matched < name.count, small == name[matched] else { return false }
            matched += 1
        }
        return matched == name.count
    }
}

extension JSONKeyWatch {
    /// The keys by which requests are told apart that may hold a ``RequestReference``, and `summary`, in which clients of Databricks' have earlier reasoning.
    package static let references = JSONKeyWatch([
        "models", "route", "provider", "plugins", "preset", "fallbacks", "context_window_fallbacks",
        "content_policy_fallbacks", "model_list", "api_base", "base_url", "api_key", "organization", "user_config",
        "custom_llm_provider", "litellm_credential_name", "lora", "lora_path", "lora_request", "adapter", "adapter_id",
        "deployment_id", "kv_transfer_params", "bootstrap_host", "file_id", "file_ids", "vector_store_ids",
        "collection_ids", "container", "container_id", "skill_id", "skills", "tunnel_id", "prompt", "id", "audio",
        "model", "comparison_response_id", "thread", "user_profile_id", "workspace_id",
        "billing_policy", "fallback_credit_token", "data_sources", "cached_content", "file_uri",
        "file_search", "retrieval", "routing_config", "model_selection_config", "model_armor_config",
        "image_url", "video_url", "audio_url", "summary",
    ])
}
