import Glibc
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// Reads the files of loose references below one directory: a git dir or a worktree's.
struct LooseRefReader: Sendable {
    /// The directory's path, a slash at its end.
    let root: [UInt8]
    let algorithm: HashAlgorithm

    /// What stands at a reference's path.
    enum Found: Sendable {
        case absent
        /// A directory, so no loose reference.
        case directory
        case value(RefValue)
    }

    private enum Outcome {
        case found(Found)
        case failed(Int32)
    }

    /// The reference `name`, not following symbolic ones. Git's function: `files_read_raw_ref`, its packed half left out.
    ///
    /// - Throws: ``RefError`` with `unavailable` when the file is there and cannot be read, or that cannot be known.
    func read(_ name: [UInt8]) throws(RefError) -> Found {
        let outcome = unsafe withUnsafeTemporaryAllocation(
            of: CChar.self, capacity: root.count + name.count + 1
        ) { path -> Outcome in
            var at = 0
            for byte in root {
                unsafe path[at] = CChar(bitPattern: byte)
                at += 1
            }
            for byte in name {
                unsafe path[at] = CChar(bitPattern: byte)
                at += 1
            }
            unsafe path[at] = 0
            guard let base = path.baseAddress else { return .found(.absent) }
            return unsafe read(at: base)
        }
        switch outcome {
        case .found(let found): return found
        case .failed(let code): throw unreadable(name, code)
        }
    }

    private func unreadable(_ name: [UInt8], _ code: Int32) -> RefError {
        let text = String(decoding: name, as: UTF8.self)
        return RefError(
            .unavailable, "unable to resolve reference '\(text)': \(unsafe String(cString: strerror(code)))",
            reference: RefName(tolerating: name), path: String(decoding: root + name, as: UTF8.self),
            cause: FileError(.read, FilePath(bytes: root + name), Errno(rawValue: code)))
    }

    /// One open where the path is a plain file or nothing, as it nearly always is. Not blocking: a FIFO must not hang a reader.
    private func read(at path: UnsafePointer<CChar>) -> Outcome {
        let flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
        var last = ELOOP
        for _ in 0..<3 {
            let file = unsafe open(path, flags | O_NOFOLLOW)
            if file >= 0 { return readAndClose(file) }
            switch errno {
            case ENOENT, ENOTDIR: return .found(.absent)
            case EINTR: continue
            case ELOOP: break
            case let code: return .failed(code)
            }
            switch unsafe link(at: path) {
            case .target(let target): return .found(.value(.symbolic(target)))
            case .failed(let code): return .failed(code)
            case .changed(let code):
                last = code
                continue
            case .follow: break
            }
            let followed = unsafe open(path, flags)
            if followed >= 0 { return readAndClose(followed) }
            switch errno {
            case ENOENT, ENOTDIR: return .found(.absent)  // it leads nowhere
            case EINTR: continue
            case let code: return .failed(code)
            }
        }
        return .failed(last)
    }

    private enum Link {
        /// The text is a refname below `refs/`, and so the link a symbolic reference.
        case target([UInt8])
        /// Any other link, read like a plain file.
        case follow
        /// It was a link a moment ago.
        case changed(Int32)
        case failed(Int32)
    }

    private func link(at path: UnsafePointer<CChar>) -> Link {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer -> Link in
            guard let base = buffer.baseAddress else { return .follow }
            let count = unsafe readlink(path, base, buffer.count)
            guard count >= 0 else {
                let code = errno
                return code == ENOENT || code == EINVAL ? .changed(code) : .failed(code)
            }
            // Linux has no longer ones.
            guard count < 4096 else { return .follow }
            let target = (0..<count).map { unsafe UInt8(bitPattern: buffer[$0]) }
            guard target.starts(with: "refs/".utf8), RefNameRules.flaw(in: target.span) == nil else { return .follow }
            return .target(target)
        }
    }

    private func readAndClose(_ file: Int32) -> Outcome {
        defer { _ = close(file) }
        return unsafe withUnsafeTemporaryAllocation(byteCount: 512, alignment: 1) { buffer -> Outcome in
            let count = unsafe fill(buffer, from: file)
            guard count >= 0 else { return outcome(of: errno) }
            if count == buffer.count { return unsafe readMore(file, after: buffer) }
            let bytes = unsafe Span<UInt8>(_bytes: RawSpan(_unsafeBytes: buffer)).extracting(first: count)
            return .found(.value(LooseRefContent.parse(bytes, isWhole: true, algorithm)))
        }
    }

    /// For files that are longer than any that git or Strata writes.
    private func readMore(_ file: Int32, after first: UnsafeMutableRawBufferPointer) -> Outcome {
        unsafe withUnsafeTemporaryAllocation(byteCount: LooseRefContent.limit, alignment: 1) { buffer -> Outcome in
            unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(first))
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[first.count...])
            let count = unsafe fill(rest, from: file)
            guard count >= 0 else { return outcome(of: errno) }
            let bytes = unsafe Span<UInt8>(_bytes: RawSpan(_unsafeBytes: buffer)).extracting(first: first.count + count)
            return .found(.value(LooseRefContent.parse(bytes, isWhole: count < rest.count, algorithm)))
        }
    }

    private func outcome(of code: Int32) -> Outcome {
        switch code {
        case EISDIR: .found(.directory)
        case EAGAIN: .found(.value(.broken(.content)))  // a FIFO with a writer that has nothing to say
        default: .failed(code)
        }
    }

    /// Reads until `buffer` is full or the file ends, which a short read shows for a plain file; -1 and `errno` on failure.
    private func fill(_ buffer: UnsafeMutableRawBufferPointer, from file: Int32) -> Int {
        while true {
            let count = unsafe Glibc.read(file, buffer.baseAddress, buffer.count)
            if count >= 0 || errno != EINTR { return count }
        }
    }
}
