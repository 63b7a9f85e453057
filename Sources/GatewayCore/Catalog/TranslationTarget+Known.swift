// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension TranslationTarget {
    /// A target of which nothing is known but the model's name and bounds; the path of a call has worked out its capabilities ahead.
    package init(
        format: WireFormat,
        model: String,
        limits: ModelLimits = ModelLimits(),
        defaultMaximumOutput: Int,
        origin: StateOrigin = StateOrigin(tag: 0),
        traits: UpstreamTraits = UpstreamTraits(),
        anthropicBeta: NameFilter = .all
    ) {
        let known = ModelFamilies.capabilities(of: model, in: format, at: traits)
        self.init(
            format: format,
            model: model,
            capabilities: ModelCapabilities(limits: limits).over(known),
            defaultMaximumOutput: defaultMaximumOutput,
            origin: origin,
            traits: traits,
            anthropicBeta: anthropicBeta
        )
    }
}
