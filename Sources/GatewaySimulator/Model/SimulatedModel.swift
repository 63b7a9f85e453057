// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// One model that the simulator plays, with what its vendor lets it do.
package struct SimulatedModel: Sendable {
    /// The name after `system.ai.`: `claude-sonnet-4-5`.
    package let name: String
    package let family: BuiltInModel.Family
    package let wireFormats: [WireFormat]
    package let limits: ModelLimits
    package let capabilities: BuiltInModel.Capabilities
    /// The version in the name, 4.5 for `claude-sonnet-4-5`; nil without one.
    let version: Version?

    struct Version: Sendable, Comparable {
        let major: Int
        let minor: Int

        static func < (left: Version, right: Version) -> Bool {
            (left.major, left.minor) < (right.major, right.minor)
        }
    }

    package init(_ model: BuiltInModel) {
        name = model.shortName
        family = model.family
        wireFormats = model.wireFormats
        limits = model.limits
        capabilities = model.capabilities
        version = Version(in: model.shortName)
    }

    private func isFrom(_ major: Int, _ minor: Int) -> Bool {
        version.map { $0 >= Version(major: major, minor: minor) } ?? false
    }
}

extension SimulatedModel.Version {
    /// The first number between hyphens, and the one after it if there is one.
    ///
    /// Larger numbers are dates or sizes.
    init?(in name: String) {
        var numbers: [Int] = []
        for part in name.split(separator: "-") {
            if let number = Int(part), number < 100 {
                numbers.append(number)
            } else if !numbers.isEmpty {
                break
            }
        }
        guard let major = numbers.first else { return nil }
        self.init(major: major, minor: numbers.count > 1 ? numbers[1] : 0)
    }
}

/// What differs between the generations of a family (vendors' documentation, 2026-11).
extension SimulatedModel {
    /// Claude from 4.6 on: thinking may be adaptive, and a conversation must not end with a prefilled assistant message.
    var isClaude46: Bool { family == .claude && isFrom(4, 6) }

    /// Claude from 4.7 on: thinking is adaptive or off, without a budget, and there are no sampling parameters.
    var isClaude47: Bool { family == .claude && isFrom(4, 7) }

    /// Claude models whose thinking cannot be disabled: Fable, and Opus from 5.5 on.
    var alwaysThinks: Bool {
        family == .claude && (name.contains("fable") || (name.contains("opus") && isFrom(5, 5)))
    }

    /// Claude that takes `between_tools` in place of `disabled`: Sonnet from 5.5 on.
    var thinksBetweenTools: Bool { family == .claude && name.contains("sonnet") && isFrom(5, 5) }

    /// Claude whose calls cannot be forced: Fable from 5.1 on, Opus and Sonnet from 5.5 on.
    var refusesForcedCalls: Bool {
        guard family == .claude else { return false }
        return name.contains("fable") ? isFrom(5, 1) : !name.contains("haiku") && isFrom(5, 5)
    }

    /// Gemini from 3 on: function calls have a thought signature, and must have it when they come back.
    var demandsThoughtSignatures: Bool { family == .gemini && isFrom(3, 0) }

    /// Open models with OpenAI's API: they accept sampling parameters that OpenAI lacks, and show their reasoning.
    var isOpenModel: Bool {
        switch family {
        case .gptOSS, .llama, .gemma, .qwen, .glm, .kimi, .deepseek, .grok, .inkling: true
        case .claude, .gpt, .gemini, .gte, .bge, .titan, .cohere: false
        }
    }

    /// Models that always reason.
    var alwaysReasons: Bool { family == .gptOSS }
}
