// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewaySchema

/// `proxy` and `tls` of a provider service: how it is reached.
struct RoutingFields: Sendable {
    private let proxy = Field(
        "proxy",
        ValueType<UpstreamRouting.ProxyChoice>.proxy,
        .optional("[by the environment](operate.md#proxies)"),
        "The HTTP proxy to the upstream, and to the token endpoint that it needs; `none` for a direct connection. It takes the place of `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`."
    )
    private let tls = Field(
        "tls",
        .section(UpstreamTLSSettings.section),
        "TLS to the upstream beyond the usual: a private CA, a client certificate, another name. Certificates and names are always verified."
    )

    var documentation: [FieldDocumentation] { [proxy.documentation, tls.documentation] }

    func read(_ values: SectionValues, _ reading: inout Reading) -> UpstreamRouting {
        UpstreamRouting(
            proxyChoice: values.read(proxy, &reading),
            environment: reading.proxies,
            tls: values.read(tls, &reading) ?? UpstreamTLSSettings()
        )
    }

    /// The way to an upstream; reports what cannot be.
    func route(
        to upstream: UpstreamAddress,
        _ routing: UpstreamRouting,
        _ values: SectionValues,
        _ reading: inout Reading
    ) -> UpstreamRoute {
        if values.has(tls), !upstream.isSecure {
            let place = values.place(of: tls)
            reading.report(place, "\(place.name): the upstream's URL begins with `http://`, so there is no TLS.")
        }
        do throws(ProxyEnvironment.VariableError) {
            let route = try routing.route(to: upstream)
            if route.proxy != nil, upstream.isSecure, upstream.isIPAddress, route.tls.serverName == nil {
                reading.report(
                    values.place,
                    "\(values.place.name): the certificate of an IP address cannot be verified through a proxy. Set `tls.server_name` to a name in the certificate, or `proxy: none`."
                )
            }
            return route
        } catch {
            reading.report(
                values.place,
                "\(values.place.name): \(error.message). Correct it, or set `proxy` here."
            )
            return UpstreamRoute()
        }
    }
}

extension ValueType where Value == UpstreamRouting.ProxyChoice {
    /// A proxy; not shown in errors, since its URL may hold a password.
    fileprivate static var proxy: ValueType {
        .scalar("`none`, or a URL: \(UpstreamProxy.requirement)", isSecret: true) { text in
            text == "none" ? .direct : UpstreamProxy(url: text).map { .proxy($0) }
        }
    }
}

extension UpstreamTLSSettings {
    /// `tls` of a provider service.
    fileprivate static let section: Section<UpstreamTLSSettings> = {
        let path = ValueType<String>.text("a path", limit: 4096)
        let authorities = Field(
            "ca_file",
            path,
            .optional("the system's authorities"),
            "A PEM file with the authorities that may certify the upstream, in place of the system's. Its token endpoint and an `https://` proxy may be certified by either."
        )
        let mode = Field(
            "ca_mode",
            .choice([(name: "replace", value: false), (name: "add", value: true)]),
            .optional("`replace`"),
            "Whether the authorities in `ca_file` replace the system's or are added to them."
        )
        let certificate = Field(
            "client_certificate_file",
            path,
            "A PEM file with the certificate that the gateway shows to the upstream, followed by its chain (mutual TLS)."
        )
        let key = Field("client_key_file", path, "A PEM file with the key of that certificate, not encrypted.")
        let name = Field(
            "server_name",
            ValueType<String>.serverName,
            .optional("the host of `base_url`"),
            "The name to ask for (SNI) and to verify, for an upstream that is reached by an IP address or under another name."
        )
        let version = Field(
            "minimum_version",
            ValueType<UpstreamTLSSettings.Version>.choice(),
            .optional("`1.2`"),
            "The oldest version of TLS to use."
        )
        return Section(
            "provider_services.<name>.tls",
            "TLS to the upstream. Files are read with the configuration and again when they change.",
            fields: [
                authorities.documentation, mode.documentation, certificate.documentation, key.documentation,
                name.documentation, version.documentation,
            ]
        ) { values, reading in
            var settings = UpstreamTLSSettings()
            let problems = reading.problems.count
            settings.authorities = Self.file(authorities, values, &reading)
            settings.trustsSystem = values.read(mode, &reading) ?? false
            settings.clientCertificate = Self.file(certificate, values, &reading)
            settings.clientKey = Self.file(key, values, &reading)
            settings.serverName = values.read(name, &reading)
            settings.minimumVersion = values.read(version, &reading) ?? .tls12
            if values.has(mode), !values.has(authorities) {
                let place = values.place(of: mode)
                reading.report(place, "\(place.name): `ca_file` is missing.")
            }
            if values.has(certificate) != values.has(key) {
                let missing = values.has(key) ? certificate.name : key.name
                reading.report(values.place, "\(values.place.name) lacks the key `\(missing)`.")
            }
            guard reading.problems.count == problems else { return nil }
            do {
                try reading.checkTLS(settings)
            } catch {
                reading.report(values.place, "\(values.place.name): \(error).")
            }
            return settings
        }
    }()

    private static func file(_ field: Field<String>, _ values: SectionValues, _ reading: inout Reading) -> File? {
        guard let path = values.read(field, &reading),
            let contents = reading.bytes(ofFile: path, maximum: 4 << 20, values.place(of: field))
        else { return nil }
        return File(path: path, contents: contents)
    }
}

extension ValueType where Value == String {
    /// A DNS name.
    fileprivate static var serverName: ValueType {
        .scalar("a DNS name of 1 to 253 letters, digits, `-`, `_` and `.`") { text in
            let isName = text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "-_.".utf8.contains(byte)
                }
            }
            guard (1...253).contains(text.utf8.count), isName,
                UpstreamAddress(baseURL: "https://\(text)")?.isIPAddress == false
            else { return nil }
            return text
        }
    }
}
