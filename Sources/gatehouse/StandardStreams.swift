// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation

/// The three descriptors that a process starts with.
enum StandardStreams {
    /// Standard output did not take what was to be printed.
    struct WriteError: Error, CustomStringConvertible {
        let cause: String

        var description: String { "Standard output cannot be written: \(cause)." }
    }

    /// Puts something in the place of those that are closed.
    ///
    /// Otherwise the next file that is opened takes the number, and what is printed goes into it. What stands for standard output can only be read, so that a token that is
    /// printed there counts as not printed.
    static func secure() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
            // The lowest free number, which is this one.
            _ = open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// Prints a line to standard output, at once even into a pipe, which its reader may leave full for that many seconds.
    ///
    /// - Throws: ``WriteError`` unless all of it was written.
    static func print(_ line: String, seconds: Int32 = 10) throws {
        var rest = Array("\(line)\n".utf8)[...]
        while !rest.isEmpty {
            var poller = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
            let ready = poll(&poller, 1, seconds * 1000)
            if ready < 0, errno == EINTR { continue }
            guard ready != 0 else { throw WriteError(cause: "nobody reads it") }
            // As much as a pipe that is ready surely takes.
            let count = rest.prefix(Int(PIPE_BUF)).withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR, errno != EAGAIN {
                throw WriteError(cause: String(cString: strerror(errno)))
            }
        }
    }
}
