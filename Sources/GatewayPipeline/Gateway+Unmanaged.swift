// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1

/// Requests to other paths of a provider than those of the gateway's APIs, for callers who name the provider service.
///
/// They go on as they came, under the provider service's credential, and so does the answer: nobody knows what they ask for and what that costs.
extension Gateway {
    /// The route of a request to such a path; nil for any other request.
    ///
    /// A list of models is the gateway's own, but for who may use all paths of a provider.
    func unmanagedRoute(_ request: HTTPRequest) -> InferenceRoute? {
        guard let name = request.headers.first(name: DirectServices.header),
            let path = translator.unmanagedPath(request.target)
        else { return nil }
        if path.isModelList {
            let snapshot = snapshots.value
            let caller = try? authenticator.caller(request.headers, in: snapshot, now: Call.wallClock())
            let provider = caller.flatMap {
                try? snapshot.direct.provider(named: name, for: $0, in: snapshot.metastore)
            }
            guard provider?.directUse.forwardsUnmanagedPaths == true else { return nil }
        }
        return InferenceRoute(kind: .unmanaged(path))
    }

    /// Finds the provider service that a request names, and reads the request's body.
    func resolve(_ call: inout Call, to path: UnmanagedPath) async throws(GatewayError) -> PreparedService {
        let name = call.request.headers.first(name: DirectServices.header) ?? ""
        call.requestedModel = name.prefixOfUTF8(UsageRecord.maximumShortBytes)
        let service = try call.snapshot.direct.service(
            named: name,
            for: call.caller,
            in: call.snapshot.metastore,
            translator: translator
        )
        call.service = service
        call.client.identify(call.caller, service: service.service)
        let provider = service.destinations[0].destination.service
        guard provider.directUse.forwardsUnmanagedPaths else {
            throw GatewayError(
                .forbidden,
                "The path '\(call.path)' is none of the gateway's APIs, and the model provider service '\(name)' does not forward others (`forward_unmanaged_paths`)."
            )
        }
        guard let target = path.target(at: provider) else {
            throw GatewayError(
                .routeNotFound,
                "The path '\(call.path)' cannot be forwarded: the model provider service '\(name)' (\(provider.provider.displayName)) has no paths beside '\(path.managed[0].path)'."
            )
        }
        call.apiType = target.apiType
        guard !call.request.headers.contains(name: "upgrade") else {
            throw GatewayError(
                .invalidRequest,
                "Upgrades of the connection, such as to WebSocket, are not forwarded. Send the request without `Upgrade`."
            )
        }
        call.unreadBody = try await call.client.body(for: call.caller.account)
        return service
    }

    /// What the provider is asked.
    func unmanagedAttempt(
        _ call: borrowing Call,
        at destination: PreparedDestination,
        in format: WireFormat,
        to path: UnmanagedPath
    ) throws(GatewayError) -> Attempt {
        let service = destination.destination.service
        guard let target = path.target(at: service) else {
            throw GatewayError(.internalFailure, "The provider '\(service.name)' has no such path.")
        }
        let client = call.request
        var request = UpstreamRequest(
            service: service,
            path: service.directUse.forwardsQueryParameters
                ? PreparedDestination.path(target.path, forwarding: client.target) : target.path,
            fixedHeaderLines: PreparedDestination.headerLines(of: service, contentType: nil),
            headers: destination.headers(from: client.headers),
            body: []
        )
        // The listener keeps the body from a client that asked for the head alone.
        request.method = client.method == .HEAD ? .GET : client.method
        if let type = client.headers.first(name: "content-type") { request.headers.append(("content-type", type)) }
        let body = call.unreadBody
        return Attempt(
            destination: destination,
            format: format,
            request: request,
            translation: Translation(
                body: body.readableBytes > 0 ? [body] : [],
                isStreaming: false,
                response: UnreadRelay()
            )
        )
    }
}

extension Call {
    /// The path of the request, for an error.
    fileprivate var path: String { String(request.target.prefix { $0 != "?" }).prefixOfUTF8(200) }
}

/// Passes an answer on as it comes and sees nothing of it.
private struct UnreadRelay: ResponseTransform {
    var contentType: String? { nil }
    var keepsLength: Bool { true }
    let observation = ResponseObservation()

    mutating func consume(_ bytes: ByteBuffer) -> ByteBuffer { bytes }
    mutating func finish() -> ByteBuffer { ByteBuffer() }
    mutating func fail(_ error: GatewayError) -> ByteBuffer { ByteBuffer() }
}
