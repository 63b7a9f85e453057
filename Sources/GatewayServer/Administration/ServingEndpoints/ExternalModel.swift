// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// What a served entity is for, spelled as Databricks does.
enum EndpointTask: String, Sendable, CaseIterable {
    case chat = "llm/v1/chat"
    case completions = "llm/v1/completions"
    case embeddings = "llm/v1/embeddings"

    /// What a service is for, by the APIs that it answers; nil for one that answers none.
    init?(_ types: [APIType]) {
        let formats = Set(types.map(\.wireFormat))
        if formats.contains(where: { !$0.isEmbeddings && $0 != .openAICompletions }) {
            self = .chat
        } else if formats.contains(.openAICompletions) {
            self = .completions
        } else if formats.contains(where: \.isEmbeddings) {
            self = .embeddings
        } else {
            return nil
        }
    }
}

/// `external_model` of a served entity: a model of a provider, with how the provider is reached.
///
/// Shape: PyPI `databricks-sdk` 0.162.0, `serving.ExternalModel` (2026-11).
struct ExternalModel: Sendable {
    /// The provider's name of the model.
    var model: String
    /// What the model is asked by; empty for what the provider speaks.
    var nativeAPITypes: [String]
    /// `provider_type` of the configuration file.
    var providerType: String
    /// The other keys of `provider_services.<name>` in the configuration file, but for secrets.
    var settings: [FileNode.Entry]
    var secrets: [String: String]

    /// The definition of the provider service; the secrets of an earlier one stay where no new ones are given.
    func definition(over earlier: ServiceDefinition? = nil) -> ServiceDefinition {
        let type = FileNode.Entry(key: "provider_type", line: 0, value: .plain(providerType))
        let kept = earlier.flatMap { $0.node["provider_type"].flatMap(\.scalarText) == providerType ? $0.secrets : nil }
        return ServiceDefinition([type] + settings, secrets: secrets.isEmpty ? kept ?? [:] : secrets)
    }

    static let section: Section<ExternalModel> = {
        let provider = Field(
            "provider",
            ValueType<ExternalProvider>.choice(ExternalProvider.all.map { (name: $0.name, value: $0) }),
            .required,
            "Who has the model."
        )
        let name = Field("name", ValueType<String>.text(), .required, "The provider's name of the model.")
        let task = Field("task", ValueType<EndpointTask>.choice(), .required, "What it is for.")
        let configs = ExternalProvider.all.map {
            (provider: $0.name, field: Field($0.key, .section($0.section), "How it is reached."))
        }
        let missing = "this gateway does not have this provider"
        return Section(
            "external_model",
            "A model of a provider.",
            fields: [provider.documentation, name.documentation, task.documentation]
                + configs.map(\.field.documentation),
            misplaced: ["ai21labs_config": missing, "palm_config": missing]
        ) { values, reading in
            let task = values.read(task, &reading)
            let name = values.read(name, &reading)
            guard let chosen = values.read(provider, &reading) else { return nil }
            for (provider, field) in configs where values.has(field) && provider != chosen.name {
                let place = values.place(of: field)
                reading.report(place, "\(place.name) does not belong to the provider `\(chosen.name)`.")
            }
            guard let field = configs.first(where: { $0.provider == chosen.name })?.field else { return nil }
            guard values.has(field) else {
                reading.report(values.place, "\(values.place.name) lacks the key `\(chosen.key)`.")
                return nil
            }
            guard let config = values.read(field, &reading), let task, let name else { return nil }
            let place = values.place(of: field)
            return chosen.model(name, task, config, place, &reading)
        }
    }()
}

extension ServiceDefinition {
    init(_ entries: [FileNode.Entry], secrets: [String: String] = [:]) {
        self.init(json: FileNode(line: 0, content: .mapping(entries)).json, secrets: secrets)
    }

    /// The keys of the configuration file; an empty mapping for what cannot be read.
    var node: FileNode { FileNode(json: json) ?? FileNode(line: 0, content: .mapping([])) }
}
