extension Unmanaged {
    /// Lends the object to `body` without counting a reference. Somebody must hold the object meanwhile.
    @unsafe @inlinable @inline(__always)
    public func lend<Result, Failure: Error>(
        _ body: (Instance) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = unsafe _withUnsafeGuaranteedRef { object -> Swift.Result<Result, Failure> in
            do throws(Failure) { return .success(try body(object)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}

/// Lends an object to `body` without counting a reference, and keeps it until that has returned. For what a constant of another object holds, which
/// somebody holds meanwhile: Swift counts a reference for each step from one object to the next, and threads that go the same way at once meet there.
@inlinable @inline(__always)
public func lend<Object: AnyObject, Result, Failure: Error>(
    _ object: Object, _ body: (Object) throws(Failure) -> Result
) throws(Failure) -> Result {
    defer { withExtendedLifetime(object) {} }
    return try unsafe Unmanaged.passUnretained(object).lend(body)
}

extension Array where Element: AnyObject & Sendable {
    /// Lends the element at `place` to `body` without counting a reference: the array, which does not change meanwhile, holds it.
    @inlinable @inline(__always)
    public func lend<Result, Failure: Error>(
        _ place: Int, _ body: (Element) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let element = unsafe Unmanaged.passUnretained(self[place])
        defer { withExtendedLifetime(self) {} }
        return try unsafe element.lend(body)
    }
}
