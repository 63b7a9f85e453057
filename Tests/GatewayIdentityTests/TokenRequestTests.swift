// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayIdentity
import GatewayJSON
import Testing

@Suite("Requests to the token endpoint")
struct TokenRequestTests {
    private static let form = "application/x-www-form-urlencoded"
    private static let exchange = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"
    private static let type = "subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt"
    /// The header for `id` and `secret`.
    private static let basic = "Basic aWQ6c2VjcmV0"

    private func read(
        _ body: String,
        _ authorizations: [String] = [],
        type: String? = form
    ) throws(TokenError) -> TokenRequest {
        try TokenRequest(authorizations: authorizations, contentType: type, body: Array(body.utf8))
    }

    private func refusal(_ body: String, _ authorizations: [String] = [], type: String? = form) -> TokenError? {
        do throws(TokenError) {
            _ = try read(body, authorizations, type: type)
            return nil
        } catch {
            return error
        }
    }

    @Test("What the Databricks SDK sends for a service principal")
    func sdk() throws {
        #expect(
            try read("grant_type=client_credentials&scope=all-apis", [Self.basic])
                == .clientCredentials(id: "id", secret: "secret")
        )
    }

    @Test("What the Databricks SDK sends to exchange a token")
    func sdkExchange() throws {
        #expect(
            try read("client_id=3f2a&\(Self.exchange)&scope=all-apis&subject_token=a.b.c&\(Self.type)")
                == .tokenExchange(subjectToken: "a.b.c", clientID: "3f2a")
        )
        #expect(
            try read("\(Self.exchange)&subject_token=a.b.c&\(Self.type)")
                == .tokenExchange(subjectToken: "a.b.c", clientID: nil)
        )
    }

    @Test(
        "Credentials in the body or the header, and what a form may look like",
        arguments: [
            ("grant_type=client_credentials&client_id=id&client_secret=secret", []),
            ("client_secret=secret&client_id=id&grant_type=client_credentials&scope=", []),
            ("grant_type=client_credentials", ["basic  aWQ6c2VjcmV0"]),
            ("grant_type=client_credentials&client_id=id", [basic]),
            ("&&grant_type=client_credentials&", [basic]),
            ("grant%5Ftype=client%5fcredentials&x=y&unknown", [basic]),
            ("grant_type=client_credentials&scope=all-apis+offline_access", [basic]),
            ("grant_type=client_credentials&scope=all-apis%20offline_access", [basic]),
        ] as [(String, [String])]
    )
    func credentials(body: String, authorizations: [String]) throws {
        #expect(try read(body, authorizations) == .clientCredentials(id: "id", secret: "secret"))
    }

    @Test("A secret may have any character, and a colon ends only the id")
    func characters() throws {
        #expect(
            try read("grant_type=client_credentials&client_id=a%2Bb&client_secret=%C3%A9+%26%3D%25")
                == .clientCredentials(id: "a+b", secret: "é &=%")
        )
        // `id:se:cr+/et`
        #expect(
            try read("grant_type=client_credentials", ["Basic aWQ6c2U6Y3IrL2V0"])
                == .clientCredentials(id: "id", secret: "se:cr+/et")
        )
    }

    @Test("The content type may have a charset and any case; another one is refused")
    func contentType() throws {
        let body = "grant_type=client_credentials"
        for type in ["application/x-www-form-urlencoded; charset=UTF-8", "Application/X-WWW-Form-Urlencoded ;x"] {
            #expect(refusal(body, [Self.basic], type: type) == nil)
        }
        for type in [nil, "", "application/json", "application/x-www-form-urlencodedx", "multipart/form-data"] {
            #expect(refusal(body, [Self.basic], type: type)?.code == .invalidRequest)
        }
    }

    @Test(
        "Each mistake has the code that RFC 6749 gives it",
        arguments: [
            ("", [], .invalidRequest), ("scope=all-apis", [basic], .invalidRequest),
            ("grant_type=", [basic], .invalidRequest),
            ("grant_type=client_credentials&grant_type=client_credentials", [basic], .invalidRequest),
            ("grant_type=client_credentials&scope=a&scope=", [basic], .invalidRequest),
            ("grant_type=password&username=a&password=b", [basic], .unsupportedGrantType),
            ("grant_type=authorization_code&code=x", [basic], .unsupportedGrantType),
            ("grant_type=refresh_token", [basic], .unsupportedGrantType),
            ("grant_type=CLIENT_CREDENTIALS", [basic], .unsupportedGrantType),
            ("grant_type=client_credentials", [], .invalidClient),
            ("grant_type=client_credentials&client_id=id", [], .invalidClient),
            ("grant_type=client_credentials&client_secret=x", [], .invalidClient),
            ("grant_type=client_credentials&client_id=&client_secret=x", [], .invalidClient),
            ("grant_type=client_credentials&client_id=id&client_secret=secret", [basic], .invalidRequest),
            ("grant_type=client_credentials&client_id=other", [basic], .invalidRequest),
            ("grant_type=client_credentials", [basic, basic], .invalidRequest),
            ("grant_type=client_credentials", ["Bearer x"], .invalidClient),
            ("grant_type=client_credentials", ["Basic"], .invalidClient),
            ("grant_type=client_credentials", ["Basic !!!"], .invalidClient),
            ("grant_type=client_credentials", ["Basic aWQ"], .invalidClient),
            ("grant_type=client_credentials", ["Basic OnNlY3JldA=="], .invalidClient),
            ("grant_type=client_credentials", ["Basic aWQ6"], .invalidClient),
            ("grant_type=client_credentials", ["Basic aWQ6c2VjcmV0="], .invalidClient),
            ("grant_type=client_credentials", ["Basic aWQ6c2VjcmV0===="], .invalidClient),
            ("grant_type=client_credentials", [""], .invalidClient),
            ("grant_type=client_credentials&client_assertion=x", [], .invalidClient),
            ("grant_type=client_credentials&scope=sql", [basic], .invalidScope),
            ("grant_type=client_credentials&scope=all-apis+sql", [basic], .invalidScope),
            ("grant_type=client_credentials&scope=+", [basic], .invalidScope),
            ("grant_type=client_credentials&x=%", [basic], .invalidRequest),
            ("grant_type=client_credentials&x=%4", [basic], .invalidRequest),
            ("grant_type=client_credentials&x=%zz", [basic], .invalidRequest),
            ("grant_type=client_credentials&x=%FF", [basic], .invalidRequest),
            ("grant_type=client_credentials&x=%00", [basic], .invalidRequest),
            ("\(exchange)&\(type)", [], .invalidRequest), ("\(exchange)&subject_token=x", [], .invalidRequest),
            ("\(exchange)&subject_token=x&subject_token_type=saml", [], .invalidRequest),
            ("\(exchange)&subject_token=x&\(type)", [basic], .invalidRequest),
            ("\(exchange)&subject_token=x&\(type)&client_secret=y", [], .invalidRequest),
            ("\(exchange)&subject_token=x&\(type)&actor_token=y", [], .invalidRequest),
            ("\(exchange)&subject_token=x&\(type)&assume_group=1", [], .invalidRequest),
            ("\(exchange)&subject_token=x&\(type)&requested_token_type=jwt", [], .invalidRequest),
            ("\(exchange)&subject_token=x&\(type)&scope=sql", [], .invalidScope),
        ] as [(String, [String], TokenError.Code)]
    )
    func mistakes(body: String, authorizations: [String], code: TokenError.Code) throws {
        #expect(try #require(refusal(body, authorizations)).code == code)
    }

    @Test("Bodies, tokens and lists of parameters that are too long are refused")
    func tooLong() {
        let long = String(repeating: "x", count: 70_000)
        #expect(refusal("grant_type=client_credentials&x=\(long)", [Self.basic])?.code == .invalidRequest)
        let token = String(repeating: "x", count: (16 << 10) + 1)
        #expect(refusal("\(Self.exchange)&\(Self.type)&subject_token=\(token)")?.code == .invalidRequest)
        #expect(refusal("\(Self.exchange)&\(Self.type)&subject_token=\(token.dropLast())") == nil)
        let many = (0..<100).map { "a\($0)=1" }.joined(separator: "&")
        #expect(refusal("grant_type=client_credentials&\(many)", [Self.basic])?.code == .invalidRequest)
    }

    @Test("A refusal has the fields of OAuth and of Databricks, and says how to authenticate where that was wrong")
    func errors() throws {
        for code in TokenError.Code.allCases {
            let error = TokenError(code, "why")
            #expect(error.status == (code == .invalidClient ? 401 : code == .serverError ? 500 : 400))
            #expect(error.json["error"]?.string == code.rawValue)
            #expect(error.json["error_description"]?.string == "why")
            #expect(error.json["message"]?.string == "why")
            #expect(error.json["error_code"]?.string?.isEmpty == false)
            #expect(error.headers.contains { $0 == ("cache-control", "no-store") })
            #expect(error.headers.contains { $0 == ("content-type", "application/json") })
            #expect(error.headers.contains { $0.name == "www-authenticate" } == (code == .invalidClient))
        }
    }

    @Test("No refusal and no description quotes what a client sent")
    func secrecy() throws {
        let canary = "canary-8c1f"
        for (body, authorizations) in [
            ("grant_type=\(canary)", []), ("grant_type=client_credentials&scope=\(canary)", [Self.basic]),
            ("grant_type=client_credentials&client_secret=\(canary)", []),
            ("grant_type=client_credentials", ["Bearer \(canary)"]), ("\(canary)=1&\(canary)=2", []),
            ("\(Self.exchange)&subject_token=\(canary)", []),
            ("\(Self.exchange)&subject_token=\(canary)&subject_token_type=\(canary)", []),
        ] as [(String, [String])] {
            let error = try #require(refusal(body, authorizations))
            #expect(!error.message.contains(canary))
        }
        let request = try read("grant_type=client_credentials&client_id=id&client_secret=\(canary)")
        #expect(!"\(request)".contains(canary))
        let exchanged = try read("\(Self.exchange)&subject_token=\(canary)&\(Self.type)")
        #expect(!"\(exchanged)".contains(canary))
    }

    @Test("Any bytes are read or refused")
    func anyBytes() {
        var random = SplitMix(state: 9)
        let pieces: [[UInt8]] =
            [
                "grant_type", "=", "&", "client_credentials", "client_id", "client_secret", "%", "+", "%41", "scope",
                "all-apis", "subject_token", Self.exchange, Self.type, ";", "\0", "é",
            ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0x80]]
        for _ in 0..<20_000 {
            let body = (0..<random.below(20)).flatMap { _ in pieces[random.below(pieces.count)] }
            let header = (0..<random.below(12)).map { _ in
                ["Basic ", "=", "a", "W", "Q6", " ", ":", "é"][random.below(8)]
            }
            _ = try? TokenRequest(
                authorizations: random.below(2) == 0 ? [] : [header.joined()],
                contentType: Self.form,
                body: body
            )
        }
    }
}
