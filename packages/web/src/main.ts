import './design/index.css'
import './app/rushes-app.ts'
