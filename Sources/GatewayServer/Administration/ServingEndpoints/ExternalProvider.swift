// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// A provider as serving endpoints name it, with its `..._config`.
///
/// Shapes: PyPI `databricks-sdk` 0.162.0, `serving.OpenAiConfig` and its siblings (2026-11).
struct ExternalProvider: Sendable {
    /// The value of `provider`.
    let name: String
    /// The key of its configuration.
    let key: String
    /// Reads its configuration; nested values are named `outer.inner`.
    let section: Section<[String: String]>
    /// Makes the model; reports what cannot be had here.
    private let make: @Sendable (inout ExternalModel, EndpointTask, [String: String]) -> String?
    /// What it can be asked by, for each task that it has.
    private let types: [EndpointTask: [String]]

    static let all = [openAI, anthropic, bedrock, vertexAI, databricks, cohere, custom]

    func model(
        _ name: String,
        _ task: EndpointTask,
        _ config: [String: String],
        _ place: Place,
        _ reading: inout Reading
    ) -> ExternalModel? {
        guard let types = types[task] else {
            let known = EndpointTask.allCases.filter { self.types[$0] != nil }.map { "`\($0.rawValue)`" }
            reading.report(
                place,
                "The provider `\(self.name)` has no models for `\(task.rawValue)` here; it has \(known.joined(separator: ", "))."
            )
            return nil
        }
        var model = ExternalModel(model: name, nativeAPITypes: types, providerType: "", settings: [], secrets: [:])
        if let problem = make(&model, task, config) {
            reading.report(place, "\(place.name): \(problem).")
            return nil
        }
        return model
    }

    // MARK: The providers

    private static let openAI = ExternalProvider(
        name: "openai",
        key: "openai_config",
        section: section(
            "openai_config",
            texts: [
                "openai_api_base", "openai_api_type", "openai_api_version", "openai_deployment_name",
                "openai_organization",
            ],
            secrets: ["openai_api_key"],
            refused: Dictionary(
                ["client_id", "client_secret", "client_secret_plaintext", "tenant_id"].map {
                    ("microsoft_entra_\($0)", "this gateway does not log in to Microsoft Entra; give an API key")
                }
            ) { $1 }
        ),
        make: { model, task, config in
            model.secrets["api_key"] = config["openai_api_key_plaintext"]
            switch config["openai_api_type"] ?? "openai" {
            case "openai":
                model.providerType = "openai"
                model.set("base_url", config["openai_api_base"]?.trimmed)
                // Servers that imitate OpenAI may not have its newer API.
                if task == .chat, config["openai_api_base"] == nil {
                    model.nativeAPITypes.insert("\(WireFormat.openAIResponses)", at: 0)
                }
                if let organization = config["openai_organization"] {
                    let header = FileNode.Entry(key: "openai-organization", line: 0, value: .plain(organization))
                    model.settings.append(
                        FileNode.Entry(key: "headers", line: 0, value: FileNode(line: 0, content: .mapping([header])))
                    )
                }
            case "azure":
                guard let base = config["openai_api_base"]?.trimmed else {
                    return "`openai_api_base` is missing, the resource at Azure"
                }
                model.providerType = "azure_openai"
                let path = base.contains("/openai") ? base : base + "/openai"
                let version = config["openai_api_version"]
                model.set("base_url", version == nil && !path.hasSuffix("/v1") ? path + "/v1" : path)
                model.set("api_version", version)
                model.model = config["openai_deployment_name"] ?? model.model
            default: return "`openai_api_type` must be `openai` or `azure`, with an API key"
            }
            return nil
        },
        types: [
            .chat: ["\(WireFormat.openAIChat)"], .completions: ["\(WireFormat.openAICompletions)"],
            .embeddings: ["\(WireFormat.openAIEmbeddings)"],
        ]
    )

    private static let anthropic = ExternalProvider(
        name: "anthropic",
        key: "anthropic_config",
        section: section("anthropic_config", secrets: ["anthropic_api_key"]),
        make: { model, _, config in
            model.providerType = "anthropic"
            model.secrets["api_key"] = config["anthropic_api_key_plaintext"]
            return nil
        },
        types: [.chat: ["\(WireFormat.anthropicMessages)"]]
    )

    private static let bedrock = ExternalProvider(
        name: "amazon-bedrock",
        key: "amazon_bedrock_config",
        section: section(
            "amazon_bedrock_config",
            texts: ["aws_region", "bedrock_provider"],
            required: ["aws_region"],
            secrets: ["aws_access_key_id", "aws_secret_access_key"],
            refused: [
                "instance_profile_arn": "this gateway has no instance profiles; give an access key",
                "uc_service_credential_name": "this gateway has no service credentials; give an access key",
            ]
        ),
        make: { model, _, config in
            model.providerType = "amazon_bedrock"
            model.set("region", config["aws_region"])
            model.secrets["aws_access_key_id"] = config["aws_access_key_id_plaintext"]
            model.secrets["aws_secret_access_key"] = config["aws_secret_access_key_plaintext"]
            // Ids begin with who made the model; serving endpoints may say that beside it.
            if let maker = config["bedrock_provider"], !model.model.contains(".") {
                model.model = "\(maker).\(model.model)"
            }
            return nil
        },
        types: [.chat: [], .embeddings: []]
    )

    private static let vertexAI = ExternalProvider(
        name: "google-cloud-vertex-ai",
        key: "google_cloud_vertex_ai_config",
        section: section(
            "google_cloud_vertex_ai_config",
            texts: ["project_id", "region"],
            required: ["project_id", "region"],
            secrets: ["private_key"],
            areLong: true
        ),
        make: { model, _, config in
            model.providerType = "gemini_enterprise"
            model.set("project", config["project_id"])
            model.set("region", config["region"])
            if let key = config["private_key_plaintext"] {
                guard key.first(where: { !$0.isWhitespace }) == "{" else {
                    return "`private_key_plaintext` must be the JSON key of a service account"
                }
                model.secrets["service_account_key"] = key
            }
            return nil
        },
        types: [.chat: [], .embeddings: []]
    )

    private static let databricks = ExternalProvider(
        name: "databricks-model-serving",
        key: "databricks_model_serving_config",
        section: section(
            "databricks_model_serving_config",
            texts: ["databricks_workspace_url"],
            required: ["databricks_workspace_url"],
            secrets: ["databricks_api_token"]
        ),
        make: { model, _, config in
            model.providerType = "databricks"
            model.set("base_url", config["databricks_workspace_url"].map { $0.trimmed + "/serving-endpoints" })
            model.secrets["api_key"] = config["databricks_api_token_plaintext"]
            return nil
        },
        types: [.chat: ["\(WireFormat.openAIChat)"], .embeddings: ["\(WireFormat.openAIEmbeddings)"]]
    )

    private static let cohere = ExternalProvider(
        name: "cohere",
        key: "cohere_config",
        section: section("cohere_config", texts: ["cohere_api_base"], secrets: ["cohere_api_key"]),
        make: { model, _, config in
            model.providerType = "cohere"
            model.set("base_url", config["cohere_api_base"]?.trimmed)
            model.secrets["api_key"] = config["cohere_api_key_plaintext"]
            return nil
        },
        types: [.chat: ["\(WireFormat.openAIChat)"], .embeddings: ["\(WireFormat.openAIEmbeddings)"]]
    )

    private static let custom = ExternalProvider(
        name: "custom",
        key: "custom_provider_config",
        section: customSection,
        make: { model, _, config in
            model.providerType = "custom"
            var base = config["custom_provider_url"]?.trimmed ?? ""
            // The path of the API is the gateway's affair; Databricks takes a URL with it.
            for path in ["/chat/completions", "/completions", "/embeddings"] where base.hasSuffix(path) {
                base = String(base.dropLast(path.utf8.count))
            }
            model.set("base_url", base)
            model.set("api_key_header", config["api_key_auth.key"])
            model.secrets["api_key"] =
                config["bearer_token_auth.token_plaintext"] ?? config["api_key_auth.value_plaintext"]
            return nil
        },
        types: [
            .chat: ["\(WireFormat.openAIChat)"], .completions: ["\(WireFormat.openAICompletions)"],
            .embeddings: ["\(WireFormat.openAIEmbeddings)"],
        ]
    )

    // MARK: Their sections

    private static let customSection: Section<[String: String]> = {
        let url = Field("custom_provider_url", ValueType<String>.text(limit: 1024), .required, "Its address.")
        let bearer = Field(
            "bearer_token_auth",
            .section(section("bearer_token_auth", secrets: ["token"])),
            "A bearer token."
        )
        let key = Field(
            "api_key_auth",
            .section(section("api_key_auth", texts: ["key"], required: ["key"], secrets: ["value"])),
            "A key in a header."
        )
        return Section(
            "custom_provider_config",
            "A server that speaks OpenAI's API.",
            fields: [url.documentation, bearer.documentation, key.documentation]
        ) { values, reading in
            var found: [String: String] = [:]
            found["custom_provider_url"] = values.read(url, &reading)
            for field in [bearer, key] where values.has(field) {
                for (name, value) in values.read(field, &reading) ?? [:] { found["\(field.name).\(name)"] = value }
            }
            if values.has(bearer), values.has(key) {
                reading.report(
                    values.place,
                    "\(values.place.name) must not have `bearer_token_auth` and `api_key_auth`."
                )
            }
            return found
        }
    }()

    /// A configuration of texts and of secrets, which are sent as `<name>_plaintext`.
    private static func section(
        _ title: String,
        texts: [String] = [],
        required: Set<String> = [],
        secrets: [String],
        areLong: Bool = false,
        refused: [String: String] = [:]
    ) -> Section<[String: String]> {
        let secret: ValueType<String> =
            areLong
            ? .scalar("text of 1 to 16384 bytes", isSecret: true) { (1...16384).contains($0.utf8.count) ? $0 : nil }
            : .secret
        let fields =
            texts.map {
                Field($0, .text(limit: 1024), required.contains($0) ? .required : .optional(""), "As at Databricks.")
            }
            + secrets.map { Field("\($0)_plaintext", secret, "A secret.") }
        var misplaced = refused
        for name in secrets {
            misplaced[name] = "this gateway has no secret scopes; send the secret itself as `\(name)_plaintext`"
        }
        return Section(title, "How a provider is reached.", fields: fields.map(\.documentation), misplaced: misplaced) {
            values,
            reading in
            var found: [String: String] = [:]
            for field in fields where values.has(field) { found[field.name] = values.read(field, &reading) }
            return found
        }
    }
}

extension ExternalModel {
    fileprivate mutating func set(_ key: String, _ value: String?) {
        if let value { settings.append(FileNode.Entry(key: key, line: 0, value: .plain(value))) }
    }
}

extension String {
    /// Without the slashes at its end.
    fileprivate var trimmed: String {
        var text = Substring(self)
        while text.last == "/" { text = text.dropLast() }
        return String(text)
    }
}
