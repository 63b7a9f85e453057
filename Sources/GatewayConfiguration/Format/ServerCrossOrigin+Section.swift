// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

extension Configuration.Server.CrossOrigin {
    /// `server.cors`.
    static let section: Section<Configuration.Server.CrossOrigin> = {
        let origins = Field(
            "allowed_origins",
            .list(of: .origin, count: 1...256),
            .required,
            "Origins exactly as browsers send them. `*` allows every origin, without credentials such as cookies; tokens in headers work all the same."
        )
        let age = Field(
            "max_age",
            .duration(.zero...Duration.seconds(86_400)),
            .optional("`10m`"),
            "How long browsers may keep the answer to a preflight request."
        )
        return Section(
            "server.cors",
            "Web pages of other origins that may use the gateway. Preflight requests (`OPTIONS`) of these origins are answered without a token.",
            fields: [origins.documentation, age.documentation]
        ) { values, reading in
            let list = values.read(origins, &reading)
            let maximumAge = values.read(age, &reading)
            guard let list else { return nil }
            var crossOrigin = Configuration.Server.CrossOrigin(allowedOrigins: Set(list.map(\.value)))
            if let maximumAge { crossOrigin.maximumAge = maximumAge }
            return crossOrigin
        }
    }()
}

extension ValueType where Value == String {
    /// An origin as a browser sends it, in lower case; or `*`.
    fileprivate static var origin: ValueType {
        .scalar("an origin such as `https://app.example` (scheme, host, and a port unless it is the usual one), or `*`")
        {
            text in
            text == Configuration.Server.CrossOrigin.anyOrigin ? text : canonicalOrigin(text)
        }
    }

    private static func canonicalOrigin(_ text: String) -> String? {
        guard text.utf8.count <= 255, let mark = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<mark.lowerBound]
        let authority = text[mark.upperBound...]
        let isScheme = scheme.utf8.allSatisfy { byte in
            byte.isLetterOrDigit || [UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains(byte)
        }
        let isAuthority = authority.utf8.allSatisfy { byte in
            byte.isLetterOrDigit
                || [
                    UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "["),
                    UInt8(ascii: "]"),
                ].contains(byte)
        }
        guard !scheme.isEmpty, isScheme, !authority.isEmpty, isAuthority else { return nil }
        let origin = text.lowercased()
        // Browsers leave them out, so such an origin would never be met.
        for (scheme, port) in [("http://", ":80"), ("https://", ":443")]
        where origin.hasPrefix(scheme) && origin.hasSuffix(port) { return nil }
        return origin
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
