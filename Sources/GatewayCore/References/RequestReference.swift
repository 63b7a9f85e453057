// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A field of a request by which a client can name something else than the model that it was granted: another model, or an object of the provider's account,
/// which all callers of the gateway share.
///
/// A row of a provider's table. Fields that a table names are refused unless the provider service allows their kind; what only the gateway itself resolves, such as
/// `previous_response_id`, is bound to the caller and not in a table.
package struct RequestReference: Sendable {
    /// What is named; the raw values are those of `allow_references`.
    package enum Kind: String, CaseIterable, Sendable {
        /// Another model, or an adapter of one.
        case models
        /// Which of a router's providers, plugins and presets serve the request.
        case routing
        /// Another account, credential or server.
        case accounts
        /// An uploaded file, or one in the provider's own storage.
        case files
        case vectorStores = "vector_stores"
        /// A sandbox with what earlier requests left in it.
        case containers
        case skills
        /// A stored prompt.
        case prompts
        /// An earlier answer, or an item of one.
        case items
        /// A conversation that the provider keeps.
        case conversations
        /// A sound that the model made earlier.
        case audio
        /// A cached content.
        case caches
        /// A search index, a data base, a template.
        case dataSources = "data_sources"
    }

    /// When the field names something; `null`, `false`, and an empty text, array or object never do.
    package enum Condition: Sendable, Equatable {
        case present
        /// Where it is a text, not where it is an object that describes something.
        case text
        /// Where it is one of these texts.
        case anyOf([String])
        /// Where it is the URL of a file in a storage of the provider's or on its disk.
        case storageURL
        /// Where it is a text that a vendor takes for a file, by how it begins.
        case fileText
        /// For an item: where it has an id and nothing that says what it is.
        case bareItem
    }

    /// The formats of requests that have the field.
    package let formats: [WireFormat]
    /// Where it is, such as `tools[].container.file_ids`.
    ///
    /// Keys are in `snake_case`; they are found in `camelCase` and in any case too.
    package let path: String
    package let kind: Kind
    package let condition: Condition
    /// A key that is in every request with the field, and in few others; the last one of the path by default.
    package let gate: Gate

    /// What a request must have to be looked into.
    package enum Gate: Sendable, Equatable {
        case key(String)
        /// A key that stands in every request once.
        case secondKey(String)
        /// Nothing: the keys of the path are in every request.
        case everyRequest
    }

    package init(
        _ path: String,
        _ kind: Kind,
        in formats: [WireFormat],
        when condition: Condition = .present,
        gate: Gate? = nil
    ) {
        self.formats = formats
        self.path = path
        self.kind = kind
        self.condition = condition
        let last = path.split(separator: ".").last.map { String($0.prefix { $0 != "[" }) } ?? ""
        self.gate = gate ?? .key(last)
    }

    /// Rows for several paths of one kind.
    package static func rows(
        _ kind: Kind,
        in formats: [WireFormat],
        when condition: Condition = .present,
        gate: Gate? = nil,
        _ paths: String...
    ) -> [RequestReference] {
        paths.map { RequestReference($0, kind, in: formats, when: condition, gate: gate) }
    }
}

extension RequestReference.Kind {
    /// What a client is told that it named.
    package var words: String {
        switch self {
        case .models: "another model"
        case .routing: "which of the provider's own routes serve the request"
        case .accounts: "another account or server"
        case .files: "a file of the provider's account"
        case .vectorStores: "a vector store of the provider's account"
        case .containers: "a container of the provider's account"
        case .skills: "a skill of the provider's account"
        case .prompts: "a prompt that is stored in the provider's account"
        case .items: "an earlier response, or a part of one, by its id"
        case .conversations: "a conversation that the provider keeps"
        case .audio: "an earlier audio response by its id"
        case .caches: "cached content in the provider's account"
        case .dataSources: "a data source of the provider's account"
        }
    }

    /// What a client can do instead.
    package var advice: String {
        switch self {
        case .models: "Call the other model by its own name"
        case .routing, .accounts: "Leave it out"
        case .files: "Send the file itself"
        case .vectorStores, .dataSources: "Send the text itself, or give the model a tool that searches"
        case .containers: "Leave it out, or let the provider make a new one"
        case .skills: "Leave it out"
        case .prompts: "Send the prompt itself"
        case .items: "Send the item itself, or use `previous_response_id`"
        case .conversations: "Send the whole conversation"
        case .audio: "Send the transcript"
        case .caches: "Send the content itself"
        }
    }
}
