// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What is known of models by their names: the one place of the gateway that reads a model's name.
///
/// A table of rules, vendor by vendor, each for some APIs and some names. All that match a name are applied in their order, so that a later rule says what a
/// later version changed, and a model to come has what the newest one of its family has.
package enum ModelFamilies {
    static let rules: [ModelRule] = claude + gemini + openAI + bedrock + perplexity

    /// What a model of this name can do behind an API.
    ///
    /// - Parameters:
    ///   - name: The name in the vendor's terms, or as Databricks and others spell it.
    ///   - format: The API that its upstream speaks.
    /// - Returns: nothing where no rule has anything to say.
    package static func capabilities(of name: String, in format: WireFormat) -> ModelCapabilities {
        let name = ModelName(name)
        var capabilities = ModelCapabilities()
        for rule in rules where rule.formats.contains(format) && rule.matches(name) { rule.apply(&capabilities) }
        return capabilities
    }

    /// What a model of this name can do behind an API of an upstream with these traits.
    ///
    /// Servers that imitate OpenAI's API have efforts of their own, whatever model they serve.
    package static func capabilities(
        of name: String,
        in format: WireFormat,
        at traits: UpstreamTraits
    ) -> ModelCapabilities {
        var capabilities = capabilities(of: name, in: format)
        if format == .openAIChat, traits.takesDeveloperRole == false { capabilities.efforts = nil }
        return capabilities
    }

    /// Whether a name says what model it is: the catalogue has it, or it is of a family that the rules know.
    package static func knows(_ name: String) -> Bool {
        if BuiltInModels.model(like: name) != nil { return true }
        let parsed = ModelName(name)
        return parsed.gemini != nil || rules.contains { $0.identifies && $0.matches(parsed) }
    }
}

/// One row of ``ModelFamilies``.
struct ModelRule: Sendable {
    /// The APIs behind which it holds.
    let formats: Set<WireFormat>
    /// Whether a name that it matches says what model it is; not a rule for all names of an API.
    let identifies: Bool
    let matches: @Sendable (ModelName) -> Bool
    let apply: @Sendable (inout ModelCapabilities) -> Void

    init(
        _ formats: Set<WireFormat>,
        identifies: Bool = true,
        where matches: @escaping @Sendable (ModelName) -> Bool,
        _ apply: @escaping @Sendable (inout ModelCapabilities) -> Void
    ) {
        self.formats = formats
        self.identifies = identifies
        self.matches = matches
        self.apply = apply
    }
}
