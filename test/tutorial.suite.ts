import './tutorial/does-what-the-page-shows.test.js'
