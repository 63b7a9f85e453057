// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

@Suite("What the names of models tell")
struct ModelFamiliesTests {
    private func facts(_ name: String, _ format: WireFormat) -> ModelCapabilities {
        ModelFamilies.capabilities(of: name, in: format)
    }

    @Test("A model has the same capabilities however its name is spelled")
    func spellings() {
        let claude = facts("claude-sonnet-4-5", .anthropicMessages)
        #expect(claude.reasoning == .budget)
        #expect(claude.takesResponseSchema == true)
        for name in ["claude-sonnet-4-5-20250929", "databricks-claude-sonnet-4-5", "anthropic/claude-sonnet-4.5"] {
            #expect(facts(name, .anthropicMessages) == claude, "\(name)")
        }
        let bedrock = facts("claude-sonnet-4-5", .bedrockConverse)
        #expect(bedrock.nativeFields == .anthropic)
        for name in [
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "arn:aws:bedrock:eu-central-1:1:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ] {
            #expect(facts(name, .bedrockConverse) == bedrock, "\(name)")
        }
        #expect(facts("databricks-gpt-5-1", .openAIResponses) == facts("gpt-5.1", .openAIResponses))
    }

    @Test("A version to come has what the newest of its family has")
    func future() {
        #expect(facts("claude-opus-9", .anthropicMessages) == facts("claude-opus-5-5", .anthropicMessages))
        #expect(facts("gemini-9-pro", .geminiGenerateContent) == facts("gemini-4-argon", .geminiGenerateContent))
        #expect(facts("gpt-9", .openAIResponses) == facts("gpt-6-sol", .openAIResponses))
    }

    @Test("A fact belongs to an API: behind another one a name says nothing of it")
    func formats() {
        #expect(facts("claude-opus-4-8", .openAIResponses) == ModelCapabilities())
        #expect(facts("gpt-5", .anthropicMessages) == ModelCapabilities())
        #expect(facts("claude-opus-4-8", .openAIChat).efforts == nil)
    }

    @Test("Behind a server that imitates OpenAI's API a name says nothing of efforts")
    func imitators() {
        var traits = UpstreamTraits()
        #expect(ModelFamilies.capabilities(of: "gpt-5", in: .openAIChat, at: traits).efforts != nil)
        traits.takesDeveloperRole = false
        #expect(ModelFamilies.capabilities(of: "gpt-5", in: .openAIChat, at: traits).efforts == nil)
    }

    @Test("Of an opaque id nothing is known")
    func opaque() {
        let profile = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"
        #expect(facts(profile, .bedrockConverse) == ModelCapabilities())
        #expect(facts("my-deployment", .openAIResponses) == ModelCapabilities())
        #expect(facts("my-model", .anthropicMessages) == ModelCapabilities())
        for name in [profile, "my-deployment", "m", ""] { #expect(!ModelFamilies.knows(name), "\(name)") }
    }

    @Test("Every model of the catalogue is known, by its name here and at its vendor")
    func catalogue() {
        for model in BuiltInModels.all {
            #expect(ModelFamilies.knows(model.shortName), "\(model.shortName)")
            if let name = model.vendorName { #expect(ModelFamilies.knows(name), "\(name)") }
        }
        for name in ["amazon.nova-2-lite-v1:0", "cohere.embed-english-v3", "gemini-9-pro", "o3", "claude-opus-9"] {
            #expect(ModelFamilies.knows(name), "\(name)")
        }
    }

    @Test("The effort that is asked for is the next one up, else the greatest")
    func efforts() {
        let some: EffortSet = [.low, .high]
        #expect(some.nearest(to: .none) == .low)
        #expect(some.nearest(to: .medium) == .high)
        #expect(some.nearest(to: .max) == .high)
        #expect(EffortSet([]).nearest(to: .max) == .max)
        #expect(EffortSet(from: .minimal, to: .medium) == [.minimal, .low, .medium])
    }
}
