// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayProviders
import Testing

@Suite("The built-in models")
struct BuiltInModelTests {
    @Test("Every model has a name of three parts that no other has, and speaks something")
    func names() {
        #expect(Set(BuiltInModels.all.map(\.fullName)).count == BuiltInModels.all.count)
        for model in BuiltInModels.all {
            #expect(ObjectName(model.fullName)?.schema == "ai", "\(model.fullName)")
            #expect(!model.wireFormats.isEmpty)
            #expect(model.capabilities.contains(.embeddings) == (model.wireFormats == [.openAIEmbeddings]))
        }
    }

    @Test("A model's vendor speaks at least one of its APIs, and finds it by its own name")
    func vendors() throws {
        for model in BuiltInModels.all {
            guard let name = model.vendorName else { continue }
            let vendor = try #require(Providers.all.first { $0.id == model.family.vendor })
            #expect(!Set(vendor.wireFormats).isDisjoint(with: model.wireFormats))
            #expect(BuiltInModels.model(ofVendor: vendor.id, named: name)?.shortName == model.shortName)
        }
    }

    @Test(
        "Every model that Databricks' documentation names is there",
        arguments: [
            "claude-sonnet-4", "claude-sonnet-4-5", "claude-sonnet-4-6", "claude-opus-4-1", "claude-opus-4-5",
            "claude-opus-4-6",
            "claude-opus-4-7", "claude-opus-4-8", "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5-1", "gpt-5-4",
            "gpt-oss-120b",
            "gpt-oss-20b", "gemini-3-1-pro", "llama-4-maverick", "gemma-3-12b",
        ]
    )
    func documented(_ name: String) {
        #expect(BuiltInModels.model(named: name) != nil)
    }
}
