// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Synchronization

/// Provider services as callers use them who name one themselves, by `Databricks-Model-Provider-Service`.
///
/// The model is then the provider's own name of it. What was prepared for one is kept, bounded, since callers choose the models.
final class DirectServices: Sendable {
    /// The header that names the provider service.
    static let header = "databricks-model-provider-service"
    private static let capacity = 1024

    private struct Key: Hashable {
        let provider: ObjectName
        let model: String
    }

    private let providers: [String: ProviderService]
    private let limiters: RateLimiters
    /// Why the owner of a provider service may not use it, by name.
    private let refused: [ObjectName: String]
    /// Why services of the store cannot be used.
    private let problems: [ObjectName: String]
    private let prepared = Mutex<[Key: PreparedService]>([:])

    init(
        _ services: [ProviderService],
        refused: [ObjectName: String],
        problems: [ObjectName: String],
        limiters: RateLimiters
    ) {
        self.limiters = limiters
        self.refused = refused
        self.problems = problems
        providers = Dictionary(services.map { ($0.name.description, $0) }) { first, _ in first }
    }

    /// The provider service of a name.
    func provider(_ name: ObjectName) -> ProviderService? { providers[name.description] }

    /// The service of a provider's model for a caller.
    ///
    /// - Throws: As ``provider(named:for:in:)``; ``GatewayError/Code/invalidParameter`` for a model that is not one of its targets.
    func service(
        named name: String,
        model: String,
        for caller: Caller,
        in metastore: Metastore,
        translator: some Translator
    ) throws(GatewayError) -> PreparedService {
        let provider = try provider(named: name, for: caller, in: metastore)
        let target = provider.directUse.targets.first { $0.model == model }
        guard target != nil || provider.directUse.allowsAllTargets else {
            let targets = provider.directUse.targets.map { "'\($0.model)'" }.prefix(20).joined(separator: ", ")
            throw GatewayError(
                .invalidParameter,
                "'\(model.prefixOfUTF8(300))' is not a target of the model provider service '\(name)'. Its targets: \(targets.isEmpty ? "none" : targets).",
                parameter: "model"
            )
        }
        return prepared(provider, model, target, translator)
    }

    /// The service of requests at a provider's other paths, which are about any of its models or none.
    ///
    /// - Throws: As ``provider(named:for:in:)``.
    func service(
        named name: String,
        for caller: Caller,
        in metastore: Metastore,
        translator: some Translator
    ) throws(GatewayError) -> PreparedService {
        prepared(try provider(named: name, for: caller, in: metastore), "", nil, translator)
    }

    /// The provider service of a name, for a caller who may execute it.
    ///
    /// - Throws: ``GatewayError/Code/modelNotFound`` for one that there is not or that is hidden, ``GatewayError/Code/forbidden`` without `EXECUTE` on it or where its owner may not use
    ///   its secrets, ``GatewayError/Code/upstreamUnavailable`` for one that cannot be used as it is defined.
    func provider(
        named name: String,
        for caller: Caller,
        in metastore: Metastore
    ) throws(GatewayError) -> ProviderService {
        if providers[name] == nil, let broken = ObjectName(name), problems[broken] != nil,
            metastore.missing(.execute, caller, on: .providerService(broken)) == nil
        {
            throw .unusable(broken)
        }
        guard let provider = providers[name], metastore.isVisible(.providerService(provider.name), to: caller) else {
            throw GatewayError(.modelNotFound, "'\(name.prefixOfUTF8(300))' does not exist")
        }
        if let lacking = metastore.missing(.execute, caller, on: .providerService(provider.name)) {
            throw GatewayError(
                .forbidden,
                "User does not have \(lacking.privilege.sqlName) privilege on \(lacking.securable.sqlName). Ask an administrator to grant it to '\(caller.name)'."
            )
        }
        if let message = refused[provider.name] { throw GatewayError(.forbidden, message) }
        return provider
    }

    private func prepared(
        _ provider: ProviderService,
        _ model: String,
        _ target: ProviderService.Target?,
        _ translator: some Translator
    ) -> PreparedService {
        let key = Key(provider: provider.name, model: model)
        if let known = prepared.withLock({ $0[key] }) { return known }
        let service = Self.prepare(provider, model, target, limiters: limiters, translator: translator)
        prepared.withLock { prepared in
            if prepared.count >= Self.capacity { prepared.removeAll() }
            prepared[key] = service
        }
        return service
    }

    private static func prepare(
        _ provider: ProviderService,
        _ model: String,
        _ target: ProviderService.Target?,
        limiters: RateLimiters,
        translator: some Translator
    ) -> PreparedService {
        let formats = target?.wireFormats ?? []
        let destination = Destination(
            service: provider,
            model: model,
            trafficPercentage: 100,
            wireFormats: formats.isEmpty ? nil : formats,
            endpointRoute: target?.endpointRoute
        )
        return PreparedService(
            ModelService(
                name: provider.name,
                destinations: [destination],
                rateLimits: provider.directUse.rateLimits,
                createdBy: "",
                isDirect: true
            ),
            isOpenToAll: false,
            limiters: limiters,
            translator: translator
        )
    }
}

extension GatewayError {
    /// A service of the store that cannot be used as it is defined; callers are not told why.
    static func unusable(_ name: ObjectName) -> GatewayError {
        GatewayError(
            .upstreamUnavailable,
            "'\(name)' cannot be used as it is defined. The log and `GET /api/gatehouse/config` tell an administrator why."
        )
    }
}
