//! Vectors and matrices of three components.

/// Three components of a colour.
pub(super) type Vector = [f64; 3];

/// A 3 × 3 matrix, row by row.
pub(super) type Matrix3 = [[f64; 3]; 3];

/// `m · v`.
pub(super) fn apply(m: &Matrix3, v: Vector) -> Vector {
    m.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

/// `a · b`: the matrix that applies `b` first.
pub(super) fn multiply(a: &Matrix3, b: &Matrix3) -> Matrix3 {
    a.map(|row| [0, 1, 2].map(|column| (0..3).map(|k| row[k] * b[k][column]).sum()))
}

/// The inverse of a matrix that has one, by cofactors.
pub(super) fn invert(m: &Matrix3) -> Matrix3 {
    let minor = |r: usize, c: usize| {
        let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    let determinant: f64 = (0..3).map(|c| m[0][c] * minor(0, c)).sum();
    [0, 1, 2].map(|row| [0, 1, 2].map(|column| minor(column, row) / determinant))
}

/// The matrix with `v` on its diagonal.
pub(super) fn diagonal(v: Vector) -> Matrix3 {
    [[v[0], 0.0, 0.0], [0.0, v[1], 0.0], [0.0, 0.0, v[2]]]
}
