// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension Channel {
    /// Whether the socket has nothing to read, neither bytes nor the other side's end; asks the system, without taking anything.
    ///
    /// The event loop learns of an end only at its next turn, and the next request may come in the same one.
    var isQuiet: Bool {
        let result = try? pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            socket in
            var byte: UInt8 = 0
            return recv(socket, &byte, 1, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT)) < 0
                && (errno == EAGAIN || errno == EWOULDBLOCK)
        }
        // A channel that is no socket has nothing to ask.
        return (result ?? nil) ?? true
    }

    /// Bytes that were handed over and have not been written to the socket; nil where that is not known.
    var unwrittenBytes: Int? { try? syncOptions?.getOption(.bufferedWritableBytes) }
}

extension HTTPHeaders {
    /// `timeout` of `keep-alive`, in seconds (RFC 2068, 19.7.1.1): how long the server keeps an idle connection.
    var keepAliveSeconds: Int? {
        guard let value = first(name: "keep-alive") else { return nil }
        for part in value.lowercased().split(separator: ",") {
            let words = part.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
            if words.count == 2, words[0] == "timeout", let seconds = Int(words[1]), seconds >= 0 { return seconds }
        }
        return nil
    }
}
