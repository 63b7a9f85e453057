// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

@Suite("What models can do, in the file")
struct CapabilityTests {
    private static let profile = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"

    private func destination(_ keys: String, model: String = profile) throws -> Destination {
        let text = """
            provider_services:
              main.p.b: {provider_type: amazon_bedrock, region: us-east-1, api_key: "key"}
            model_services:
              main.ai.m:
                destinations:
                  - provider: main.p.b
                    model: "\(model)"
            \(keys.split(separator: "\n").map { "        " + $0 }.joined(separator: "\n"))
            """
        return try #require(try configuration(text).modelService("main.ai.m")?.destinations.first)
    }

    @Test(
        "A name that does not tell has the capabilities and bounds of the model that `like` names",
        arguments: ["claude-sonnet-4-5", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"]
    )
    func like(name: String) throws {
        let plain = try destination("").capabilities(in: .bedrockConverse)
        #expect(plain == ModelCapabilities())
        let destination = try destination("like: \"\(name)\"")
        let facts = destination.capabilities(in: .bedrockConverse)
        #expect(facts.nativeFields == .anthropic)
        #expect(facts.cacheMarks == [.messages, .tools, .hour])
        #expect(facts.reasoning == .budget)
        #expect(facts.takesResponseSchema == true)
        #expect(destination.model == Self.profile)
        #expect(destination.limits.maximumOutput == (name.hasPrefix("claude") ? 64_000 : nil))
        #expect(facts.mediaLimits.maximumImages == (name.hasPrefix("claude") ? 100 : nil))
    }

    @Test("`like` says what API a model of Bedrock has")
    func formats() throws {
        #expect(try destination("").wireFormats == [.bedrockConverse])
        let embedding = try destination("like: cohere.embed-english-v3")
        #expect(embedding.wireFormats == [.bedrockCohereEmbeddings])
        #expect(embedding.capabilities(in: .bedrockCohereEmbeddings).embeddingLength == 1_024)
    }

    @Test("A fact of the file wins over what `like` and the name tell, and the others stay")
    func override() throws {
        let keys = """
            like: claude-sonnet-4-5
            capabilities: {max_output_tokens: 1000, cache_marks: [], forced_tool_choice: false}
            """
        for (keys, model) in [(keys, Self.profile), (keys, "us.anthropic.claude-sonnet-4-5-20250929-v1:0")] {
            let facts = try destination(keys, model: model).capabilities(in: .bedrockConverse)
            #expect(facts.limits == ModelLimits(context: 200_000, maximumOutput: 1000))
            #expect(facts.cacheMarks == [])
            #expect(facts.takesForcedCalls == false)
            #expect(facts.takesPrefill == true)
        }
    }

    @Test("Each fact has a key")
    func keys() throws {
        let facts = try destination(
            """
            capabilities:
              reasoning: effort
              reasoning_efforts: [none, low, xhigh]
              min_reasoning_tokens: 10
              max_reasoning_tokens: 20
              reasoning_off: between_tools
              reasons_unasked: true
              hides_reasoning: true
              demands_signatures: false
              sampling: exclusive
              prefill: false
              forced_tool_choice: false
              media_in_tool_results: true
              tool_result_status: true
              response_schema: true
              response_schema_beside_tools: false
              schema_language: openapi
              cache_marks: [messages, hour]
              bedrock_fields: openai
              context_tokens: 100
              max_output_tokens: 50
              media_urls: false
              image_resolution: true
              max_images: 3
              max_image_bytes: 1MiB
              max_media_bytes: 2MiB
              image_types: [image/png]
              embedding_length: 7
              embeds_images: true
            """
        ).capabilities
        #expect(ModelCapabilities().over(facts) == facts)
        #expect(facts.efforts == [.none, .low, .xhigh])
        #expect(facts.reasoningBudget == 10...20)
        #expect(facts.silence == .betweenTools)
        #expect(facts.cacheMarks == [.messages, .hour])
        #expect(facts.mediaLimits.maximumTotalBytes == 2 << 20)
        #expect(facts.mediaLimits.imageTypes == ["image/png"])
        for value in [
            Mirror(reflecting: facts), Mirror(reflecting: facts.limits), Mirror(reflecting: facts.mediaLimits),
        ]
        .flatMap({ $0.children }) {
            let mirror = Mirror(reflecting: value.value)
            #expect(
                mirror.displayStyle != .optional || !mirror.children.isEmpty,
                "\(value.label ?? "") cannot be said in the file."
            )
        }
    }

    @Test("A model that nobody knows is an error of `like`, with what was meant")
    func unknown() {
        let text = { (keys: String) in
            """
            provider_services:
              main.p.b: {provider_type: vllm, base_url: "http://127.0.0.1:1/v1"}
            model_services:
              main.ai.m: {destinations: [{provider: main.p.b, model: mine, \(keys)}]}
            """
        }
        #expect(errors(text("like: gpt-oss-120b")).isEmpty)
        #expect(
            errors(text("like: cluade-sonnet-4-5")) == [
                "gatehouse.yaml:4: `model_services.main.ai.m.destinations[0].like` must be the name of a model that the gateway knows, such as `claude-sonnet-4-5`, not `cluade-sonnet-4-5`. Did you mean `claude-sonnet-4-5`?"
            ]
        )
        #expect(
            errors(text("capabilities: {min_reasoning_tokens: 9, max_reasoning_tokens: 8}")).first?
                .contains("must not be more than `max_reasoning_tokens`, 8") == true
        )
    }

    @Test("A fallback may say it too")
    func fallback() throws {
        let configuration = try configuration(
            """
            provider_services:
              main.p.b: {provider_type: vllm, base_url: "http://127.0.0.1:1/v1"}
            model_services:
              main.ai.m:
                destinations: [{provider: main.p.b, model: a}]
                fallback: [{provider: main.p.b, model: b, like: gpt-oss-120b, capabilities: {max_images: 1}}]
            """
        )
        let fallback = try #require(configuration.modelService("main.ai.m")?.fallback.first)
        #expect(fallback.limits.maximumOutput == 131_072)
        #expect(fallback.capabilities(in: .openAIChat).mediaLimits.maximumImages == 1)
    }
}
