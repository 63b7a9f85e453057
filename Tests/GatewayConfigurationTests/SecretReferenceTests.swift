// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayConfiguration
import GatewayCore
import GatewayGovernance
import GatewayJSON
import GatewayProviders
import GatewaySchema
import NIOCore
import Testing

@Suite("Secrets that provider services refer to")
struct SecretReferenceTests {
    private static let secrets = """
        secrets:
          main.keys.one: {value: "${ONE}", owner: team, comment: The first}
          main.keys.two: {value_file: /run/two}

        """

    private let reader = ConfigurationReader(
        providers: Providers.all,
        environment: ["ONE": "sk-one"],
        simulator: nil,
        readFile: { path, _ in
            guard path == "/run/two" else { throw NoSuchFile(path: path) }
            return Array("sk-two\n".utf8)
        }
    )

    private func read(_ text: String) throws(ConfigurationError) -> Configuration {
        try reader.read(file: "gatehouse.yaml", contents: Array((Self.secrets + text).utf8))
    }

    private func problems(_ text: String) -> String {
        do throws(ConfigurationError) {
            _ = try read(text)
            return ""
        } catch {
            return error.description
        }
    }

    @Test("A service of the file has the values of the secrets that it names, from the environment and from a file")
    func file() throws {
        let configuration = try read(
            """
            provider_services:
              main.p.a: {provider_type: openai, api_key_secret: main.keys.one}
              main.p.b: {provider_type: amazon_bedrock, region: r, aws_access_key_id: id, aws_secret_access_key_secret: main.keys.two}
            """
        )
        #expect(configuration.providerService("main.p.a")?.apiKey == "sk-one")
        #expect(configuration.providerService("main.p.b")?.settings[.awsSecretAccessKey] == "sk-two")
        let layer = CatalogLayer(configuration)
        let one = try #require(ObjectName("main.keys.one").flatMap { layer.entries[.secret($0)] })
        #expect(one.owner == "team" && one.comment == "The first" && one.definition.isEmpty)
    }

    @Test(
        "What is wrong with a secret or a reference is told once, and no value is shown",
        arguments: [
            (
                "provider_services: {main.p.a: {provider_type: openai, api_key_secret: main.keys.on}}",
                "there is no secret `main.keys.on`. Did you mean `main.keys.one`? Add it to `secrets`"
            ),
            (
                "provider_services: {main.p.a: {provider_type: openai, api_key: sk-one, api_key_secret: main.keys.one}}",
                "`api_key` is also set"
            ),
            (
                "provider_services: {main.p.a: {provider_type: openai, api_key_file: /run/two, api_key_secret: main.keys.one}}",
                "`api_key_secret` is also set"
            ),
            (
                "provider_services: {main.p.a: {provider_type: openai, aws_secret_access_key_secret: main.keys.one}}",
                "does not use this key"
            ),
        ]
    )
    func wrong(text: String, told: String) {
        let found = problems(text)
        #expect(found.contains(told), "\(found)")
        #expect(!found.contains("sk-"))
    }

    @Test(
        "A secret has exactly one source",
        arguments: [
            ("secrets: {main.keys.one: {}}", "exactly one of the keys `value` and `value_file`"),
            ("secrets: {main.keys.one: {value: sk-one, value_file: /run/two}}", "exactly one of the keys"),
            ("secrets: {main.keys.one: {value_file: /run/other}}", "No such file or directory"),
            ("secrets: {main.keys: {value: sk-one}}", "a name of three parts"),
            ("secrets: {main.keys.one: {value: [sk-one]}}", "text of 1 to 16384 bytes"),
        ]
    )
    func sources(text: String, told: String) throws {
        let service = "\nprovider_services: {main.p.a: {provider_type: openai, api_key_secret: main.keys.one}}"
        let error = try #require(throws: ConfigurationError.self) {
            try reader.read(file: "gatehouse.yaml", contents: Array((text + service).utf8))
        }
        #expect(error.description.contains(told) && !error.description.contains("sk-"), "\(error)")
    }

    // MARK: By REST

    private func config(_ secret: String, baseURL: String = "https://api.example.com/v1") throws -> JSONValue {
        let text =
            #"{"provider_type": "EXTERNAL_MODEL_PROVIDER_TYPE_CUSTOM", "custom": {"direct": {"base_url": "\#(baseURL)", "api_key": \#(secret)}}}"#
        return try JSONValue(validating: ByteBuffer(string: text))
    }

    private func define(
        _ secret: String,
        beside file: Configuration,
        over earlier: ServiceDefinition? = nil
    ) throws(GatewayError) -> ServiceDefinition {
        guard let config = try? config(secret) else { throw GatewayError(.internalFailure, "The test is wrong.") }
        let mask: Set<String>? = earlier == nil ? nil : ["provider"]
        return try reader.define(.providerService, config: config, beside: file, over: earlier, mask: mask)
    }

    private static let reference = #"{"secret_reference": {"name": "secrets/main.keys.one"}}"#

    @Test("A definition of the API keeps the reference, and the service has the value that the file gives it now")
    func definition() throws {
        var file = try read("")
        let defined = try define(Self.reference, beside: file)
        #expect(defined.secrets.isEmpty && defined.json.contains(#""api_key_secret":"main.keys.one""#))
        let key = try #require(ObjectName("main.keys.one"))
        #expect(reader.references(of: defined) == [.secret(key)])
        let name = try #require(ObjectName("main.p.a"))
        let service = DefinedService(.providerService(name), defined, createdBy: "alice")
        #expect(reader.build([service], beside: file).providerServices.first?.apiKey == "sk-one")
        file.secrets[key] = "sk-new"
        #expect(reader.build([service], beside: file).providerServices.first?.apiKey == "sk-new")
        file.secrets[key] = "two words"
        #expect(reader.build([service], beside: file).problems[name]?.contains("printable ASCII") == true)
        file.secrets[key] = nil
        let problem = reader.build([service], beside: file).problems[name]
        #expect(problem?.contains("there is no secret `main.keys.one`") == true)
    }

    @Test("A reference takes the place of a secret, a secret that of a reference, and nothing leaves what there is")
    func changes() throws {
        let file = try read("")
        let first = try define(#"{"plaintext": "sk-plain"}"#, beside: file)
        #expect(first.secrets == ["api_key": "sk-plain"])
        let second = try define(Self.reference, beside: file, over: first)
        #expect(second.secrets.isEmpty && second.json.contains("api_key_secret"))
        let third = try define("{}", beside: file, over: second)
        #expect(third == second)
        let fourth = try define(#"{"plaintext": "sk-plain"}"#, beside: file, over: third)
        #expect(fourth.secrets == ["api_key": "sk-plain"] && !fourth.json.contains("api_key_secret"))
        let whole = try reader.define(
            .providerService,
            config: try config(Self.reference),
            beside: file,
            over: fourth,
            mask: nil
        )
        #expect(whole.secrets.isEmpty && whole.json.contains("api_key_secret"))
    }

    @Test(
        "A wrong reference is refused",
        arguments: [
            (
                #"{"secret_reference": {"name": "secrets/main.keys.none"}}"#,
                "there is no secret `main.keys.none`. Add it"
            ),
            (#"{"secret_reference": {"name": "main.keys.one"}}"#, "`secrets/` and a name of three parts"),
            (#"{"secret_reference": {}}"#, "lacks the key `name`"),
            (
                #"{"plaintext": "sk-x", "secret_reference": {"name": "secrets/main.keys.one"}}"#,
                "must not have `plaintext`"
            ),
        ]
    )
    func wrongReference(secret: String, told: String) throws {
        let file = try read("")
        let error = try #require(throws: GatewayError.self) { try define(secret, beside: file) }
        #expect(error.code == .invalidParameter && error.message.contains(told), "\(error.message)")
        #expect(!error.message.contains("sk-"))
    }
}
