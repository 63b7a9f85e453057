// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

extension Configuration.TrustedIssuer {
    /// `oidc_issuers[]`.
    static let section: Section<Configuration.TrustedIssuer> = {
        let issuer = Field(
            "issuer",
            ValueType<String>.issuerURL,
            .required,
            "The issuer's URL, exactly as the claim `iss` has it. Its keys come from `<issuer>/.well-known/openid-configuration`."
        )
        let audiences = Field(
            "audiences",
            ValueType<[Located<String>]>.list(of: .text(limit: 1024), count: 1...32),
            .required,
            "The claim `aud` must have one of these."
        )
        let subject = Field(
            "subject_claim",
            ValueType<String>.identifier(limit: 64),
            .optional("`sub`"),
            "The claim with the user's email address or the service principal's application id."
        )
        let groups = Field(
            "groups_claim",
            ValueType<String>.identifier(limit: 64),
            "The claim with the names of groups. They count where the gateway has such groups; `admins` never does."
        )
        let kind = Field(
            "principal_type",
            ValueType<Caller.Kind>.choice([
                (name: "user", value: .user), (name: "service_principal", value: .servicePrincipal),
            ]),
            .optional("`user`"),
            "What its subjects are."
        )
        let keys = Field(
            "jwks_url",
            ValueType<String>.issuerURL,
            .optional("what the issuer's document says"),
            "Where the issuer's keys are."
        )
        return Section(
            "oidc_issuers[]",
            "An issuer whose tokens clients may exchange for access tokens at `/oidc/v1/token`. The subject must be a user or service principal of the gateway.",
            fields: [
                issuer.documentation, audiences.documentation, subject.documentation, groups.documentation,
                kind.documentation, keys.documentation,
            ]
        ) { values, reading in
            let list = values.read(audiences, &reading)?.map(\.value)
            let name = values.read(subject, &reading)
            let groupsName = values.read(groups, &reading)
            let chosen = values.read(kind, &reading)
            let address = values.read(keys, &reading)
            guard let url = values.read(issuer, &reading), let list else { return nil }
            return Configuration.TrustedIssuer(
                url: url,
                audiences: list,
                subjectClaim: name ?? "sub",
                kind: chosen ?? .user,
                groupsClaim: groupsName,
                keysURL: address
            )
        }
    }()
}

extension ValueType where Value == String {
    /// An `https://` URL, or one of this machine.
    fileprivate static var issuerURL: ValueType {
        .scalar("an https:// URL, or an http:// URL of this machine, without user name, query or fragment") { text in
            guard let address = UpstreamAddress(baseURL: text) else { return nil }
            return address.isSecure || Loopback.contains(host: address.authority) ? text : nil
        }
    }
}
