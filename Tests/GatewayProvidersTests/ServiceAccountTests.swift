// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import CryptoExtras
import Foundation
import GatewayCore
import GatewayJSON
import NIOCore
import Testing

import GatewayProviders

/// A service account whose key is made for this run.
struct TestAccount {
    let key: _RSA.Signing.PrivateKey
    let json: String

    init(tokenURI: String? = "https://oauth2.googleapis.com/token", pkcs8: Bool = true) throws {
        key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let pem = pkcs8 ? key.pkcs8PEMRepresentation : key.pemRepresentation
        var members = [
            "type": "service_account", "client_email": "gateway@my-project.iam.gserviceaccount.com",
            "private_key_id": "key-1", "private_key": pem,
        ]
        members["token_uri"] = tokenURI
        json = String(decoding: try JSONSerialization.data(withJSONObject: members), as: UTF8.self)
    }
}

@Suite("Service accounts")
struct ServiceAccountTests {
    @Test("The assertion is a token signed with RS256, with the claims that Google asks for", arguments: [true, false])
    func assertion(pkcs8: Bool) throws {
        let account = try TestAccount(pkcs8: pkcs8)
        let form = try ServiceAccount(json: account.json).form(now: 1_790_000_000)
        #expect(form.map(\.name) == ["grant_type", "assertion"])
        #expect(form[0].value == "urn:ietf:params:oauth:grant-type:jwt-bearer")
        let parts = form[1].value.split(separator: ".")
        try #require(parts.count == 3)
        let header = try JSONValue(validating: ByteBuffer(bytes: try #require(decoded(parts[0]))))
        #expect(header["alg"]?.string == "RS256")
        #expect(header["typ"]?.string == "JWT")
        #expect(header["kid"]?.string == "key-1")
        let claims = try JSONValue(validating: ByteBuffer(bytes: try #require(decoded(parts[1]))))
        #expect(claims["iss"]?.string == "gateway@my-project.iam.gserviceaccount.com")
        #expect(claims["scope"]?.string == "https://www.googleapis.com/auth/cloud-platform")
        #expect(claims["aud"]?.string == "https://oauth2.googleapis.com/token")
        #expect(claims["iat"]?.int == 1_790_000_000)
        #expect(claims["exp"]?.int == 1_790_003_600)
        let signature = _RSA.Signing.RSASignature(rawRepresentation: try #require(decoded(parts[2])))
        #expect(
            account.key.publicKey.isValidSignature(
                signature,
                for: Data("\(parts[0]).\(parts[1])".utf8),
                padding: .insecurePKCS1v1_5
            )
        )
    }

    @Test("A key without a token endpoint has Google's")
    func defaultEndpoint() throws {
        let account = try ServiceAccount(json: try TestAccount(tokenURI: nil).json)
        #expect(account.endpoint.authority == "oauth2.googleapis.com")
        #expect(account.endpoint.pathPrefix == "/token")
    }

    @Test(
        "What is no such key is refused, and nothing of it is shown",
        arguments: [
            "", "not json", "[]", "{}", #"{"type":"authorized_user","client_email":"canary"}"#,
            #"{"type":"service_account"}"#, #"{"type":"service_account","client_email":"canary"}"#,
            #"{"type":"service_account","client_email":"a","private_key":"canary"}"#,
            #"{"type":"service_account","client_email":"a","private_key":"-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n"}"#,
        ]
    )
    func refused(_ text: String) {
        do throws(Provider.SettingError) {
            _ = try ServiceAccount(json: text)
            Issue.record("taken")
        } catch {
            #expect(error.setting == .serviceAccountKey)
            #expect(!error.message.contains("canary") && !error.message.contains("Y2Fu"))
        }
    }

    @Test("A token endpoint without TLS is refused, but for one on this machine")
    func plainEndpoint() throws {
        let plain = try TestAccount(tokenURI: "http://tokens.example/token").json
        #expect(throws: Provider.SettingError.self) { try ServiceAccount(json: plain) }
        let local = try TestAccount(tokenURI: "http://127.0.0.1:9/token").json
        #expect(throws: Never.self) { try ServiceAccount(json: local) }
    }

    private func decoded(_ text: Substring) -> Data? {
        let standard = text.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: standard + String(repeating: "=", count: (4 - standard.count % 4) % 4))
    }
}

@Suite("Base64 of URLs")
struct Base64URLTests {
    @Test("RFC 4648's vectors, without padding")
    func vectors() {
        let vectors = [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ]
        for (plain, encoded) in vectors { #expect(Base64URL.encode(plain.utf8) == encoded) }
        #expect(Base64URL.encode([0xFB, 0xFF, 0xBF] as [UInt8]) == "-_-_")
    }
}
